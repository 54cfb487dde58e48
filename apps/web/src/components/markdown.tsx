import { memo } from 'react';
import { ErrorBoundary } from './error-boundary.tsx';
import { LongText } from './long-text.tsx';
import classes from './markdown.module.css';
import { onDemand, useOnDemand } from './on-demand.ts';

/** The Markdown parser is larger than the chat itself, so it is loaded separately. */
export const markdownRenderer = onDemand('the Markdown renderer', async () => {
  const { MarkdownRenderer } = await import('./markdown-renderer.tsx');
  return MarkdownRenderer;
});

/**
 * GitHub-flavoured Markdown; HTML in it is shown as text. Plain text until the renderer is loaded, and where the text
 * cannot be drawn in acceptable time.
 */
export const Markdown = memo(function Markdown({
  text,
  isGrowing = false,
}: {
  text: string;
  isGrowing?: boolean;
}) {
  const Renderer = useOnDemand(markdownRenderer);
  const plain = (
    <p className={classes.plain}>
      <LongText text={text} />
    </p>
  );
  return (
    <div className={classes.prose} data-growing={isGrowing || undefined}>
      <ErrorBoundary fallback={() => plain}>
        {Renderer === undefined ? plain : <Renderer text={text} isGrowing={isGrowing} />}
      </ErrorBoundary>
    </div>
  );
});
