import type { ReactNode } from 'react';
import { CopyButton } from './copy-button.tsx';
import { LongText } from './long-text.tsx';
import classes from './message-contents.module.css';
import { ScrollRegion } from './scroll-region.tsx';

interface Props {
  /** The fields: `dt` and `dd` in turn. */
  readonly children: ReactNode;
  /** The name of the text: `payload`. */
  readonly name: string;
  /** A remark after the name. */
  readonly note?: string;
  /** The text that is copied. */
  readonly text: string;
  /** The text that is shown. @default `text` */
  readonly shown?: string;
}

/** The contents of an event or a dead letter: its fields, and the text that it carries. */
export function MessageContents({ children, name, note = '', text, shown = text }: Props) {
  return (
    <>
      <dl className={classes.fields}>{children}</dl>
      <div className={classes.textHead}>
        {name}
        {note}
        <CopyButton text={text} label={`Copy the ${name}`} />
      </div>
      <ScrollRegion className={classes.text} label={`${name.charAt(0).toUpperCase()}${name.slice(1)}`}>
        <pre>
          <LongText text={shown} />
        </pre>
      </ScrollRegion>
    </>
  );
}
