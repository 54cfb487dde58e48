import type { Element, Root } from 'hast';
import { type Components, toJsxRuntime } from 'hast-util-to-jsx-runtime';
import { type ComponentProps, type MouseEvent, memo, useMemo } from 'react';
import { Fragment, jsx, jsxs } from 'react/jsx-runtime';
import { MOST_WEIGHT, TOO_MANY_PARTS } from './bound-tree.ts';
import { CodeBlock } from './code-block.tsx';
import type { Drawing } from './drawing.ts';
import { LongText } from './long-text.tsx';
import classes from './markdown.module.css';
import { markdownBlocks } from './markdown-blocks.ts';
import { drawMarkdown, isLight } from './markdown-tree.ts';
import { ScrollRegion } from './scroll-region.tsx';
import { useDrawing } from './use-drawing.ts';

const components: Partial<Components> = {
  // A page has one h1, and its sections are h2, so the headings of a message begin below those.
  h1: ({ children }) => <h3 data-depth="1">{children}</h3>,
  h2: ({ children }) => <h3 data-depth="2">{children}</h3>,
  h3: ({ children }) => <h4>{children}</h4>,
  h4: ({ children }) => <h5>{children}</h5>,
  h5: ({ children }) => <h5>{children}</h5>,
  h6: ({ children }) => <h5>{children}</h5>,
  a: Anchor,
  // Any other picture is only named and linked: loading it would tell its host about the reader.
  img: ({ src, alt }) =>
    // An image that is not a harmless chart has lost its data address already.
    typeof src === 'string' && src.startsWith('data:') ? (
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

/** A link to another site or to a footnote of the same message; without an address only the text. */
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
  const anchors = prose?.querySelectorAll<HTMLElement>('[data-anchor]') ?? [];
  const target = [...anchors].find((element) => element.dataset.anchor === name);
  target?.scrollIntoView({ block: 'nearest' });
}

const Tree = memo(function Tree({ tree }: { tree: Root }) {
  return toJsxRuntime(tree, { Fragment, components, ignoreInvalidStyle: true, jsx, jsxs, passNode: true });
});

/** Milliseconds of each second that parsing short texts may take on the main thread; the worker parses the rest. */
const MOST_MS_A_SECOND = 100;

/** Parses short texts on the main thread, so that their source is not shown first. */
function createDrawAtOnce(): (text: string) => Drawing | undefined {
  let secondBegan = 0;
  let spentMs = 0;
  return (text) => {
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
  };
}

const drawPieceAtOnce = createDrawAtOnce();
/** With a time budget of its own: a text that was rendered while it grew must not show as source when complete. */
const drawWholeAtOnce = createDrawAtOnce();

interface PiecesProps {
  /** At least one. */
  readonly blocks: readonly string[];
  /** The weight that the page can still lay out. */
  readonly room?: number;
}

/** One block, followed by the others as long as their weight fits. */
function Pieces({ blocks: [first = '', ...others], room = MOST_WEIGHT }: PiecesProps) {
  const drawing = useDrawing(first, { drawAtOnce: drawPieceAtOnce })?.drawing;
  const left = drawing !== undefined && 'tree' in drawing ? room - drawing.weight : room;
  return (
    <>
      <Shown text={first} drawing={drawing} />
      {others.length === 0 ? null : left > 0 ? (
        <Pieces blocks={others} room={left} />
      ) : (
        <Shown text={others.join('')} drawing={{ problem: TOO_MANY_PARTS }} />
      )}
    </>
  );
}

/** Plain text until the drawing is ready, and where the text cannot be drawn. */
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

/**
 * `isGrowing`: the text is still being written, so it is rendered in blocks and only the last block is parsed again. The
 * blocks stay until the whole text is drawn, because they are cached.
 */
export function MarkdownRenderer({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  const whole = useDrawing(text, { isWanted: !isGrowing, drawAtOnce: drawWholeAtOnce });
  const drawing = whole?.text === text ? whole.drawing : undefined;
  const blocks = useMemo(() => (drawing === undefined ? markdownBlocks(text) : []), [drawing, text]);
  if (drawing !== undefined) return <Shown text={text} drawing={drawing} />;
  return blocks.length === 0 ? null : <Pieces blocks={blocks} />;
}
