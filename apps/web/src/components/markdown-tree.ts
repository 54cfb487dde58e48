import type { Element, Root } from 'hast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import remarkRehype from 'remark-rehype';
import { unified } from 'unified';
import { boundTree, DEEPEST } from './bound-tree.ts';
import { isChart } from './chart.ts';
import type { Drawing } from './drawing.ts';

const processor = unified()
  .use(remarkParse)
  .use(remarkGfm)
  .use(remarkRehype, { allowDangerousHtml: true, clobberPrefix: '' })
  .freeze();

/** Longer text is not parsed as Markdown. */
const MOST_CHARACTERS = 250_000;
/** The time to parse some texts grows with the square of their length; texts of this length are parsed quickly. */
const MOST_LIGHT_CHARACTERS = 2000;
const MOST_LIGHT_CONTAINERS = 16;

/** Whether the text can be parsed without blocking the page. */
export const isLight = (text: string): boolean =>
  text.length <= MOST_LIGHT_CHARACTERS && mostContainers(text) <= MOST_LIGHT_CONTAINERS;

/** Parses GitHub-flavoured Markdown; HTML in it stays text, and addresses that could run a script are removed. */
export function drawMarkdown(text: string): Drawing {
  if (text.length > MOST_CHARACTERS) return { problem: 'it is very long' };
  if (mostContainers(text) > DEEPEST) return { problem: 'it is nested too deeply' };
  let tree: Root;
  try {
    tree = processor.runSync(processor.parse(text));
  } catch (error) {
    // The parser recurses for each level, and some ways of nesting are only found by parsing.
    if (error instanceof RangeError) return { problem: 'it is nested too deeply' };
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  const drawing = boundTree(tree);
  if ('tree' in drawing) makeHarmless(drawing.tree);
  return drawing;
}

/** The maximum number of quotes and list items that one line opens inside each other. Takes linear time. */
function mostContainers(text: string): number {
  const opener = /[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]))/y;
  let most = 0;
  for (let at = 0; at !== -1 && at < text.length; ) {
    opener.lastIndex = at;
    let count = 0;
    while (opener.test(text)) count += 1;
    most = Math.max(most, count);
    const newline = text.indexOf('\n', at);
    at = newline === -1 ? -1 : newline + 1;
  }
  return most;
}

const SAFE_ADDRESS = /^(?:https?:|mailto:|xmpp:|ircs?:|[^:]*(?:[/?#]|$))/i;

function makeHarmless(parent: Root | Element): void {
  for (const [index, child] of parent.children.entries()) {
    if (child.type === 'raw') parent.children[index] = { type: 'text', value: child.value };
    if (child.type !== 'element') continue;
    const { properties } = child;
    if (!SAFE_ADDRESS.test(String(properties.href ?? ''))) delete properties.href;
    const source = String(properties.src ?? '');
    if (!SAFE_ADDRESS.test(source) && !isChart(source)) delete properties.src;
    // Footnotes of several messages have the same names, but an id must be unique in the page.
    if (properties.id !== undefined) properties.dataAnchor = properties.id;
    delete properties.id;
    delete properties.ariaDescribedBy;
    makeHarmless(child);
  }
}
