import type { ChatMessage, MessageStatus } from '@parley/shared-models';
import type { CSSProperties } from 'react';
import { CopyButton } from '../../../components/copy-button.tsx';
import { durationText, fullTime } from '../../../components/format-time.ts';
import { useAppState } from '../../../model/use-app-model.ts';
import { Candidates } from '../transcript/candidates.tsx';
import { deliveryOf } from '../transcript/delivery.ts';
import classes from './message-path-panel.module.css';
import { type Leg, messagePath } from './path-legs.ts';

interface Props {
  readonly message: ChatMessage | undefined;
  readonly status: MessageStatus | undefined;
}

/** Three lines of the text are shown. */
const EXCERPT = 400;

/** The path of one message through the processes, with the time of every leg. */
export function MessagePathPanel({ message, status }: Props) {
  const clockOffsetMs = useAppState((state) => state.clockOffsetMs);
  if (message === undefined) {
    return (
      <p className={classes.empty}>
        Send a message, and its way to the agent and back is shown here, hop by hop.
      </p>
    );
  }
  const path = messagePath(message, status, clockOffsetMs);
  const delivery = deliveryOf(status, false);
  return (
    <div className={classes.panel}>
      <blockquote className={classes.excerpt}>{message.text.slice(0, EXCERPT)}</blockquote>
      <p className={classes.state} data-state={delivery.state}>
        {delivery.label}
      </p>
      <ol className={classes.legs}>
        {path.legs.map((leg, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a leg is its place on the way
          <LegRow key={index} leg={leg} totalMs={path.totalMs} />
        ))}
        {path.legs.length === 0 ? <li className={classes.none}>No process has reported it yet.</li> : null}
      </ol>
      {path.legs.length === 0 ? null : (
        <p className={classes.total}>
          total <span className={classes.time}>{durationText(path.totalMs)}</span>
        </p>
      )}
      {status?.routing === undefined ? null : (
        <>
          <h3 className={classes.label}>Why {status.routing.agentName}</h3>
          <Candidates routing={status.routing} />
        </>
      )}
      <h3 className={classes.label}>Message</h3>
      <dl className={classes.facts}>
        <dt>sent</dt>
        <dd>{fullTime(message.createdAt)}</dd>
        <dt>seq</dt>
        <dd>{message.seq}</dd>
        <dt>id</dt>
        <dd className={classes.id}>
          <code>{message.id}</code>
          <CopyButton text={message.id} label="Copy the message's id" />
        </dd>
      </dl>
    </div>
  );
}

function LegRow({ leg, totalMs }: { leg: Leg; totalMs: number }) {
  const percent = (milliseconds: number) => `${totalMs === 0 ? 0 : (100 * milliseconds) / totalMs}%`;
  const style = { '--start': percent(leg.startsAt), '--length': percent(leg.milliseconds) } as CSSProperties;
  return (
    <li className={classes.leg} data-work={leg.isWork || undefined} style={style}>
      <span className={classes.name}>{legText(leg)}</span>
      <span className={classes.time}>{durationText(leg.milliseconds)}</span>
      <span className={classes.track} aria-hidden="true" />
    </li>
  );
}

function legText({ from, to, isWork, isLoss, redeliveries }: Leg): string {
  if (isLoss) return `${from} had it, and went away`;
  if (isWork) return `${from} answers`;
  const times = redeliveries === 1 ? 'once' : `${redeliveries} times`;
  return `${from} → ${to}${redeliveries === undefined ? '' : `, handed out ${times} before`}`;
}
