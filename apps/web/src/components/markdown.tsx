import { memo } from 'react';
import classes from './markdown.module.css';
import { onDemand, useOnDemand } from './on-demand.ts';

/** Parsing Markdown takes more code than the chat itself, so it is a part of its own. */
export const markdownRenderer = onDemand('the Markdown renderer', async () => {
  const { MarkdownRenderer } = await import('./markdown-renderer.tsx');
  return MarkdownRenderer;
});

/** Markdown as the GitHub flavour has it; HTML in it is shown as text. Plain text until the renderer is there. */
export const Markdown = memo(function Markdown({
  text,
  isGrowing = false,
}: {
  text: string;
  isGrowing?: boolean;
}) {
  const Renderer = useOnDemand(markdownRenderer);
  return (
    <div className={classes.prose} data-growing={isGrowing || undefined}>
      {Renderer === undefined ? (
        <p className={classes.plain}>{text}</p>
      ) : (
        <Renderer text={text} isGrowing={isGrowing} />
      )}
    </div>
  );
});
