import { toJsxRuntime } from 'hast-util-to-jsx-runtime';
import { memo, useEffect, useState } from 'react';
import { Fragment, jsx, jsxs } from 'react/jsx-runtime';
import { reportProblem } from '../session/report-problem.ts';
import classes from './code-block.module.css';
import { CopyButton } from './copy-button.tsx';
import { ScrollRegion } from './scroll-region.tsx';

type Highlight = typeof import('./highlight.ts').highlight;

/** The languages weigh more than the rest of the app, so they come with the first code block that needs them. */
let loaded: Highlight | undefined;
const loadHighlight = async (): Promise<Highlight> => {
  loaded ??= (await import('./highlight.ts')).highlight;
  return loaded;
};

/** Code with a bar that names its language and copies it. `language` is '' when the writer gave none. */
export const CodeBlock = memo(function CodeBlock({ code, language }: { code: string; language: string }) {
  const highlight = useHighlight(language !== '');
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

function useHighlight(isWanted: boolean): Highlight | undefined {
  const [highlight, setHighlight] = useState<Highlight | undefined>(() => loaded);
  useEffect(() => {
    if (!isWanted || highlight !== undefined) return;
    let isGone = false;
    loadHighlight().then(
      (value) => {
        if (!isGone) setHighlight(() => value);
      },
      // Without colours the code is still there to read; the next block tries again.
      (error: unknown) => reportProblem('the highlighting could not be loaded', error),
    );
    return () => {
      isGone = true;
    };
  }, [isWanted, highlight]);
  return isWanted ? highlight : undefined;
}
