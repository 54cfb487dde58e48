import type { Element, ElementContent, Root } from 'hast';
import type { Drawing } from './drawing.ts';
import { LONGEST_RUN, textPieces } from './text-pieces.ts';

/** Levels of nested elements. Browsers and tree walkers recurse once for each level. */
export const DEEPEST = 64;
/** Elements and texts together. Laying out more of them blocks the page. */
export const MOST_WEIGHT = 12_000;
/** Elements that cost as much as several plain ones: they have buttons or observe their size. */
const WEIGHTS: Readonly<Record<string, number>> = { pre: 40, table: 20, img: 20 };

export const TOO_MANY_PARTS = 'it has too many parts';

/** Checks that a page can show the tree at once, and breaks long runs of text. Changes the tree in place. */
export function boundTree(tree: Root): Drawing {
  const open: { node: Root | Element; depth: number }[] = [{ node: tree, depth: 0 }];
  let weight = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.depth > DEEPEST) return { problem: 'it is nested too deeply' };
    for (const child of next.node.children) {
      weight += child.type === 'element' ? (WEIGHTS[child.tagName] ?? 1) : 1;
      if (child.type === 'element') open.push({ node: child, depth: next.depth + 1 });
    }
    if (weight > MOST_WEIGHT) return { problem: TOO_MANY_PARTS };
  }
  cutRuns(tree, 0);
  return { tree, weight };
}

/** Elements that flow in a line with the surrounding text. */
const INLINE = new Set(['a', 'br', 'code', 'del', 'em', 'img', 'input', 'span', 'strong', 'sup']);

/**
 * Inserts line breaks into runs of text that are too long to be laid out as one.
 * @param run characters of the same run before `parent`
 * @returns characters of the run that continues after `parent`
 */
function cutRuns(parent: Root | Element, run: number): number {
  let length = run;
  const children: Root['children'] = [];
  for (const child of parent.children) {
    if (child.type === 'text') {
      const pieces = length + child.value.length > LONGEST_RUN ? textPieces(child.value) : [child.value];
      for (const value of pieces) {
        if (length + value.length > LONGEST_RUN) {
          children.push(cut());
          length = 0;
        }
        children.push({ type: 'text', value });
        length += value.length;
      }
      continue;
    }
    children.push(child);
    if (child.type !== 'element') continue;
    if (INLINE.has(child.tagName)) {
      length = cutRuns(child, length);
    } else {
      // The text of a code block is cut where it is shown.
      if (child.tagName !== 'pre') cutRuns(child, 0);
      length = 0;
    }
  }
  parent.children = children as ElementContent[];
  return length;
}

const cut = (): Element => ({
  type: 'element',
  tagName: 'span',
  properties: { className: ['cut'] },
  children: [],
});
