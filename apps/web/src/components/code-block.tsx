import { toJsxRuntime } from 'hast-util-to-jsx-runtime';
import { memo } from 'react';
import { Fragment, jsx, jsxs } from 'react/jsx-runtime';
import classes from './code-block.module.css';
import { CopyButton } from './copy-button.tsx';
import { LongText } from './long-text.tsx';
import { ScrollRegion } from './scroll-region.tsx';
import { LONGEST_RUN } from './text-pieces.ts';
import { useDrawing } from './use-drawing.ts';

/** Longer code, and code with machine-made long lines, is shown without colours. */
const MOST_CHARACTERS = 50_000;
const isColourable = (code: string): boolean =>
  code.length <= MOST_CHARACTERS && code.split('\n').every((line) => line.length < LONGEST_RUN);

/** Code with a bar that shows its language and a copy button. `language` is '' when the writer gave no language. */
export const CodeBlock = memo(function CodeBlock({ code, language }: { code: string; language: string }) {
  const drawn = useDrawing(code, { language, isWanted: language !== '' && isColourable(code) });
  return (
    <figure className={classes.block}>
      <figcaption className={classes.head}>
        <span>{language === '' ? 'text' : language.slice(0, 40)}</span>
        <CopyButton text={code} label="Copy code" />
      </figcaption>
      <ScrollRegion
        className={classes.scroll}
        label={`Code, ${language === '' ? 'plain text' : language.slice(0, 40)}`}
      >
        <pre className={classes.code}>
          <code>
            {drawn !== undefined && 'tree' in drawn.drawing ? (
              <>
                {toJsxRuntime(drawn.drawing.tree, { Fragment, jsx, jsxs })}
                {code.slice(drawn.text.length)}
              </>
            ) : (
              <LongText text={code} />
            )}
          </code>
        </pre>
      </ScrollRegion>
    </figure>
  );
});
