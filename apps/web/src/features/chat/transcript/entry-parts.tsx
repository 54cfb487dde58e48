import { ActionIcon } from '@mantine/core';
import type { Participant } from '@parley/shared-models';
import type { ReactNode } from 'react';
import { hueStyle } from '../../../components/agent-hue.ts';
import { AgentMark } from '../../../components/agent-mark.tsx';
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

/** The writer, in the margin. */
export function WhoColumn({
  sender,
  isMine,
  isHidden = false,
}: {
  sender: Participant;
  isMine: boolean;
  isHidden?: boolean;
}) {
  if (isHidden) return <div className={classes.who} />;
  if (sender.kind !== 'agent') {
    return (
      <div className={classes.who}>
        <span className={classes.name}>{isMine ? 'You' : sender.name}</span>
      </div>
    );
  }
  return (
    <div className={classes.who} style={hueStyle(sender.id)} data-tinted title={sender.name}>
      <AgentMark agentId={sender.id} name={sender.name} />
      <span className={classes.name}>{sender.name}</span>
    </div>
  );
}
