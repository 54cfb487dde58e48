import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './list-state.module.css';

/** Shown by an empty list: the meaning, and the next step. */
export function EmptyList({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={classes.state}>
      <p className={classes.title}>{title}</p>
      {children === undefined ? null : <p className={classes.text}>{children}</p>}
      {action}
    </div>
  );
}

/** Grey bars in place of the rows. */
export function LoadingList({ label, rows = 4 }: { label: string; rows?: number }) {
  return (
    <div className={classes.loading} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars have no identity
        <span key={row} className={classes.bar} />
      ))}
    </div>
  );
}

/** The reason why a list could not be loaded, and a button to try again. */
export function FailedList({
  title,
  reason,
  onRetry,
}: {
  title: string;
  reason: string;
  onRetry: () => void;
}) {
  return (
    <div className={classes.state} role="alert">
      <p className={classes.title}>{title}</p>
      <p className={classes.text}>{reason}</p>
      <Button variant="default" onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}
