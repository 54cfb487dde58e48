import type { CommandRecord } from '@parley/shared-models';
import { isFinalCommandState, shownText } from '@parley/shared-models';
import type { ReactNode } from 'react';
import { clockTime, durationText, fullTime } from '../../components/format-time.ts';
import { useNow } from '../../components/use-now.ts';
import { useAppState } from '../../model/use-app-model.ts';
import classes from './command-view.module.css';

/** The requester, the times, the limits and the duration of a command. */
export function CommandFacts({ command }: { command: CommandRecord }) {
  const { requestedBy, approvedBy, cancelledBy, createdAt, cwd, timeoutMs, rule, state } = command;
  return (
    <dl className={classes.facts}>
      <Fact name="asked by">{requestedBy.name}</Fact>
      <Fact name="at">
        <time dateTime={createdAt} title={fullTime(createdAt)}>
          {clockTime(createdAt)}
        </time>
      </Fact>
      <Duration command={command} />
      <Fact name="time limit">{durationText(timeoutMs)}</Fact>
      {cwd === undefined ? null : (
        <Fact name="in">
          <code>{shownText(cwd)}</code>
        </Fact>
      )}
      {rule === undefined || rule === '' || state === 'refused' ? null : <Fact name="rule">{rule}</Fact>}
      {approvedBy === undefined ? null : (
        <Fact name="approved by">
          {approvedBy.name}
          {approvedBy.isRequester === true ? ', who asked for it: nobody else is there' : ''}
        </Fact>
      )}
      {cancelledBy === undefined ? null : <Fact name="cancelled by">{cancelledBy.name}</Fact>}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Duration({ command: { state, startedAt, durationMs } }: { command: CommandRecord }) {
  const now = useNow(500);
  const offset = useAppState(({ clockOffsetMs }) => clockOffsetMs);
  if (startedAt === undefined) return null;
  if (durationMs !== undefined) return <Fact name="ran for">{durationText(durationMs)}</Fact>;
  if (isFinalCommandState(state)) return null;
  const seconds = Math.max(0, Math.floor((now + offset - Date.parse(startedAt)) / 1000));
  return <Fact name="runs for">{seconds < 60 ? `${seconds} s` : durationText(seconds * 1000)}</Fact>;
}
