import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './list-state.module.css';

/** What a list shows when there is nothing in it: what that means, and what to do next. */
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

/** Grey bars where the rows will be. */
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

/** Why a list could not be loaded, and a way to try again. */
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
