import { memo } from 'react';
import { ErrorBoundary } from './error-boundary.tsx';
import { LongText } from './long-text.tsx';
import classes from './markdown.module.css';
import { onDemand, useOnDemand } from './on-demand.ts';

/** Parsing Markdown takes more code than the chat itself, so it is a part of its own. */
export const markdownRenderer = onDemand('the Markdown renderer', async () => {
  const { MarkdownRenderer } = await import('./markdown-renderer.tsx');
  return MarkdownRenderer;
});

/**
 * Markdown as the GitHub flavour has it; HTML in it is shown as text. Plain text until the renderer is there, and where
 * the text cannot be drawn, or not in a time that a person would wait.
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
