import type { Element, Root } from 'hast';
import { type Components, toJsxRuntime } from 'hast-util-to-jsx-runtime';
import { type ComponentProps, type MouseEvent, memo, useMemo } from 'react';
import { Fragment, jsx, jsxs } from 'react/jsx-runtime';
import { isChart } from './chart.ts';
import { CodeBlock } from './code-block.tsx';
import type { Drawing } from './drawing.ts';
import { LongText } from './long-text.tsx';
import classes from './markdown.module.css';
import { markdownBlocks } from './markdown-blocks.ts';
import { drawMarkdown, isLight } from './markdown-tree.ts';
import { ScrollRegion } from './scroll-region.tsx';
import { useDrawing } from './use-drawing.ts';

const components: Partial<Components> = {
  // A page has one h1, and its sections are h2: what is written in a message is below those.
  h1: ({ children }) => <h3 data-depth="1">{children}</h3>,
  h2: ({ children }) => <h3 data-depth="2">{children}</h3>,
  h3: ({ children }) => <h4>{children}</h4>,
  h4: ({ children }) => <h5>{children}</h5>,
  h5: ({ children }) => <h5>{children}</h5>,
  h6: ({ children }) => <h5>{children}</h5>,
  a: Anchor,
  // Any other picture is only named and linked: loading it would tell its host who reads the message.
  img: ({ src, alt }) =>
    typeof src === 'string' && isChart(src) ? (
      <img className="chart" src={src} alt={alt === undefined || alt === '' ? 'Chart' : alt} />
    ) : (
      <Anchor href={typeof src === 'string' ? src : undefined}>
        {alt === undefined || alt === '' ? 'picture' : `picture: ${alt}`}
      </Anchor>
    ),
  table: ({ children }) => (
    <ScrollRegion className="table-scroll" label="Table">
      <table>{children}</table>
    </ScrollRegion>
  ),
  pre: ({ node }) => {
    const code: Element['children'][number] | undefined = node?.children[0];
    if (code?.type !== 'element') return null;
    const names = code.properties.className;
    const name = Array.isArray(names)
      ? names.find((each) => String(each).startsWith('language-'))
      : undefined;
    const text = code.children.map((child) => (child.type === 'text' ? child.value : '')).join('');
    return (
      <CodeBlock code={text.replace(/\n$/, '')} language={String(name ?? '').replace('language-', '')} />
    );
  },
};

/** A link to elsewhere, or to a footnote of the same message; without an address it is the text alone. */
function Anchor({ href, children }: Pick<ComponentProps<'a'>, 'href' | 'children'>) {
  if (href === undefined) return <span>{children}</span>;
  if (href.startsWith('#')) {
    return (
      <a href={href} onClick={(event) => goTo(event, href.slice(1))}>
        {children}
      </a>
    );
  }
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}

function goTo(event: MouseEvent<HTMLElement>, name: string): void {
  event.preventDefault();
  const prose = event.currentTarget.closest(`.${classes.prose}`);
  const wanted = decodeURIComponent(name);
  const anchors = prose?.querySelectorAll<HTMLElement>('[data-anchor]') ?? [];
  const target = [...anchors].find((element) => element.dataset.anchor === wanted);
  target?.scrollIntoView({ block: 'nearest' });
}

const Tree = memo(function Tree({ tree }: { tree: Root }) {
  return toJsxRuntime(tree, { Fragment, components, ignoreInvalidStyle: true, jsx, jsxs, passNode: true });
});

/** Parsing what is light may take this much of each second of the page's own time; the rest is done elsewhere. */
const MOST_MS_A_SECOND = 60;
let secondBegan = 0;
let spentMs = 0;

/** Parses it here and now, so that it needs not be shown as plain text first; undefined when that might take long. */
function drawAtOnce(text: string): Drawing | undefined {
  if (!isLight(text)) return undefined;
  const begun = performance.now();
  if (begun - secondBegan > 1000) {
    secondBegan = begun;
    spentMs = 0;
  }
  if (spentMs > MOST_MS_A_SECOND) return undefined;
  const drawing = drawMarkdown(text);
  spentMs += performance.now() - begun;
  return drawing;
}

const Piece = memo(function Piece({ text }: { text: string }) {
  const atOnce = useMemo(() => drawAtOnce(text), [text]);
  const drawn = useDrawing(text, undefined, atOnce === undefined);
  return <Shown text={text} drawing={atOnce ?? drawn?.drawing} />;
});

/** Plain text as long as there is no drawing, and where there can be none. */
function Shown({ text, drawing }: { text: string; drawing: Drawing | undefined }) {
  if (drawing !== undefined && 'tree' in drawing) return <Tree tree={drawing.tree} />;
  return (
    <>
      <p className={classes.plain}>
        <LongText text={text} />
      </p>
      {drawing === undefined ? null : (
        <p className={classes.note}>Shown as it was written: {drawing.problem}.</p>
      )}
    </>
  );
}

/** `isGrowing`: the text is still being written, so it is rendered piece by piece and only the last one anew. */
export function MarkdownRenderer({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  if (isLight(text)) return <Piece text={text} />;
  return <LongMarkdown text={text} isGrowing={isGrowing} />;
}

/** Piece by piece also until the whole is there: of what was just written, the pieces are known. */
function LongMarkdown({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  const whole = useDrawing(text, undefined, !isGrowing);
  const blocks = useMemo(() => (whole === undefined ? markdownBlocks(text) : []), [whole, text]);
  if (whole !== undefined) return <Shown text={text} drawing={whole.drawing} />;
  return blocks.map((block, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a piece keeps its place, text is only ever added at the end
    <Piece key={index} text={block} />
  ));
}
