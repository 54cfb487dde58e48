import { ActionIcon } from '@mantine/core';
import type { ReactNode } from 'react';
import { clockTime, fullTime } from '../../../components/format-time.ts';
import classes from './entry.module.css';

export function EntryTime({ iso }: { iso: string }) {
  return (
    <time className={classes.time} dateTime={iso} title={fullTime(iso)}>
      {clockTime(iso)}
    </time>
  );
}

export function EntryAction({
  label,
  onClick,
  children,
}: {
  label: string;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <ActionIcon size={24} aria-label={label} title={label} onClick={onClick}>
      {children}
    </ActionIcon>
  );
}
