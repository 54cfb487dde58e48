import { toJsxRuntime } from 'hast-util-to-jsx-runtime';
import { memo } from 'react';
import { Fragment, jsx, jsxs } from 'react/jsx-runtime';
import classes from './code-block.module.css';
import { CopyButton } from './copy-button.tsx';
import { onDemand, useOnDemand } from './on-demand.ts';
import { ScrollRegion } from './scroll-region.tsx';

/** The languages weigh more than the rest of the app, so they come with the first code block that needs them. */
const highlighter = onDemand('the highlighting', async () => (await import('./highlight.ts')).highlight);

/** Code with a bar that names its language and copies it. `language` is '' when the writer gave none. */
export const CodeBlock = memo(function CodeBlock({ code, language }: { code: string; language: string }) {
  const highlight = useOnDemand(highlighter, language !== '');
  const tree = highlight?.(code, language);
  return (
    <figure className={classes.block}>
      <figcaption className={classes.head}>
        <span>{language === '' ? 'text' : language}</span>
        <CopyButton text={code} label="Copy code" />
      </figcaption>
      <ScrollRegion className={classes.scroll} label={`Code, ${language === '' ? 'plain text' : language}`}>
        <pre className={classes.code}>
          <code>{tree === undefined ? code : toJsxRuntime(tree, { Fragment, jsx, jsxs })}</code>
        </pre>
      </ScrollRegion>
    </figure>
  );
});
