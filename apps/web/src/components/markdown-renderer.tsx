import { memo } from 'react';
import ReactMarkdown, { type Components, defaultUrlTransform, type UrlTransform } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { CodeBlock } from './code-block.tsx';
import { markdownBlocks } from './markdown-blocks.ts';
import { ScrollRegion } from './scroll-region.tsx';

const plugins = [remarkGfm];

/** A chart that stands in the message itself. Shown as an image, it runs no script and loads nothing. */
const CHART = /^data:image\/svg\+xml[;,]/;
const keepCharts: UrlTransform = (url, key, { tagName }) =>
  tagName === 'img' && key === 'src' && CHART.test(url) ? url : defaultUrlTransform(url);

const components: Components = {
  // A page has one h1, and its sections are h2: what is written in a message is below those.
  h1: ({ children }) => <h3 data-depth="1">{children}</h3>,
  h2: ({ children }) => <h3 data-depth="2">{children}</h3>,
  h3: ({ children }) => <h4>{children}</h4>,
  h4: ({ children }) => <h5>{children}</h5>,
  h5: ({ children }) => <h5>{children}</h5>,
  h6: ({ children }) => <h5>{children}</h5>,
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  ),
  // Any other picture is only named and linked: loading it would tell its host who reads the message.
  img: ({ src, alt }) =>
    typeof src === 'string' && CHART.test(src) ? (
      <img className="chart" src={src} alt={alt === undefined || alt === '' ? 'Chart' : alt} />
    ) : (
      <a href={src} target="_blank" rel="noreferrer noopener">
        {alt === undefined || alt === '' ? 'picture' : `picture: ${alt}`}
      </a>
    ),
  table: ({ children }) => (
    <ScrollRegion className="table-scroll" label="Table">
      <table>{children}</table>
    </ScrollRegion>
  ),
  pre: ({ node }) => {
    const code = node?.children[0];
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

const Piece = memo(function Piece({ text }: { text: string }) {
  return (
    <ReactMarkdown remarkPlugins={plugins} components={components} urlTransform={keepCharts}>
      {text}
    </ReactMarkdown>
  );
});

/** `isGrowing`: the text is still being written, so it is rendered piece by piece and only the last one anew. */
export function MarkdownRenderer({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  if (!isGrowing) return <Piece text={text} />;
  return markdownBlocks(text).map((block, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a piece keeps its place, text is only ever added at the end
    <Piece key={index} text={block} />
  ));
}
