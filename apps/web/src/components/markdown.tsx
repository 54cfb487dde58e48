import { lazy, memo, Suspense } from 'react';
import classes from './markdown.module.css';

const MarkdownRenderer = lazy(() => import('./markdown-renderer.tsx'));

/** Markdown as the GitHub flavour has it; HTML in it is shown as text. Plain text until the renderer is loaded. */
export const Markdown = memo(function Markdown({
  text,
  isGrowing = false,
}: {
  text: string;
  isGrowing?: boolean;
}) {
  return (
    <div className={classes.prose} data-growing={isGrowing || undefined}>
      <Suspense fallback={<p className={classes.plain}>{text}</p>}>
        <MarkdownRenderer text={text} isGrowing={isGrowing} />
      </Suspense>
    </div>
  );
});
