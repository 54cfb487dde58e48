import type { ReactNode } from 'react';
import classes from './page.module.css';

/** A page that scrolls as a whole, with its name at the top. */
export function Page({
  title,
  summary,
  children,
}: {
  title: string;
  summary?: ReactNode;
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable by keyboard
    <main className={classes.page} id="main" tabIndex={0} aria-labelledby="page-title">
      <div className={classes.column}>
        <header className={classes.head}>
          <h1 id="page-title">{title}</h1>
          {summary === undefined ? null : <p>{summary}</p>}
        </header>
        {children}
      </div>
    </main>
  );
}

export function PageSection({
  title,
  note,
  children,
}: {
  title: string;
  note?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className={classes.section} aria-label={title}>
      <div className={classes.sectionHead}>
        <h2>{title}</h2>
        {note}
      </div>
      {children}
    </section>
  );
}
