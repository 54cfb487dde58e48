import type { ReactNode } from 'react';
import classes from './page.module.css';
import { ScrollRegion } from './scroll-region.tsx';

/** A page that scrolls as a whole, with its title at the top. */
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
    <ScrollRegion element="main" className={classes.page} id="main" aria-labelledby="page-title">
      <div className={classes.column}>
        <header className={classes.head}>
          <h1 id="page-title">{title}</h1>
          {summary === undefined ? null : <p>{summary}</p>}
        </header>
        {children}
      </div>
    </ScrollRegion>
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
