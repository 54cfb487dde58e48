import { Button } from '@mantine/core';
import { type CommandRecord, isFinalCommandState } from '@parley/shared-models';
import { useMemo } from 'react';
import { Link, useLocation } from 'wouter';
import { durationText } from '../../components/format-time.ts';
import { IconPencil, IconPlayerStopFilled, IconRefresh } from '../../components/icons.ts';
import { ScrollRegion } from '../../components/scroll-region.tsx';
import type { CommandRecords } from '../../model/command-records.ts';
import { useAppModel, useAppState } from '../../model/use-app-model.ts';
import classes from './batch.module.css';
import { summaryText } from './command-items.ts';
import { isStopping } from './command-list.tsx';
import { commandTitle, outcomeText } from './command-state-text.ts';
import view from './command-view.module.css';
import { draftOf, type RunDraft, repeatOf } from './run-request.ts';
import { StateChip } from './state-chip.tsx';
import { useServerRequest } from './use-server-request.ts';

interface Props {
  readonly commands: readonly [CommandRecord, ...CommandRecord[]];
  readonly onEdit: (draft: RunDraft) => void;
}

/** A command that was given to several agents at once, with its outcome on each. */
export function BatchView({ commands, onEdit }: Props) {
  const { commands: store } = useAppModel();
  const [, navigate] = useLocation();
  const request = useServerRequest();
  const [first] = commands;
  const open = commands.filter(({ state }) => !isFinalCommandState(state));
  return (
    <article className={view.view} aria-labelledby="command-title">
      <header className={view.head}>
        <h2 id="command-title" className={view.title}>
          <ScrollRegion element="code">{commandTitle(first)}</ScrollRegion>
        </h2>
        <div className={view.actions}>
          {open.length === 0 ? (
            <Button
              variant="default"
              leftSection={<IconRefresh size={14} aria-hidden="true" />}
              loading={request.isPending}
              onClick={() =>
                request.run(async () => {
                  const { batchId } = await store.run(repeatOf(commands));
                  navigate(`/commands/${batchId ?? ''}`);
                })
              }
            >
              Run again
            </Button>
          ) : (
            <Button
              variant="light"
              color="red"
              leftSection={<IconPlayerStopFilled size={13} aria-hidden="true" />}
              disabled={open.every(isStopping)}
              loading={request.isPending}
              onClick={() => request.run(() => Promise.all(open.map(({ id }) => store.cancel(id))))}
            >
              Cancel all
            </Button>
          )}
          <Button
            variant="subtle"
            color="gray"
            leftSection={<IconPencil size={14} aria-hidden="true" />}
            onClick={() => onEdit(draftOf(commands))}
          >
            Edit
          </Button>
        </div>
      </header>
      <p className={view.state} role="status">
        {summaryText(commands)}
      </p>
      {request.problem === undefined ? null : (
        <p className={view.problem} role="alert">
          {request.problem}
        </p>
      )}
      <ScrollRegion className={classes.scroll} label="What became of it on each agent">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">agent</th>
              <th scope="col">state</th>
              <th scope="col">outcome</th>
              <th scope="col">ran for</th>
            </tr>
          </thead>
          <tbody>
            {commands.map((command) => (
              <tr key={command.id}>
                <th scope="row">
                  <Link href={`/commands/${command.id}`}>{command.agentName}</Link>
                </th>
                <td>
                  <StateChip state={command.state} isStopping={isStopping(command)} />
                </td>
                <td>{outcomeText(command) || command.errorMessage}</td>
                <td>{ranFor(command)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </article>
  );
}

const ranFor = ({ startedAt, durationMs }: CommandRecord): string =>
  startedAt === undefined || durationMs === undefined ? '' : durationText(durationMs);

/** The commands of a batch, by agent name. */
export function useBatch(commands: CommandRecords, batchId: string): readonly CommandRecord[] {
  return useMemo(
    () =>
      Object.values(commands)
        .filter((command) => command.batchId === batchId)
        .toSorted((one, other) => one.agentName.localeCompare(other.agentName)),
    [commands, batchId],
  );
}

/** Links to the commands of the same batch on the other agents. */
export function BatchTabs({ batchId, openId }: { batchId: string; openId: string }) {
  const commands = useBatch(
    useAppState((state) => state.commands),
    batchId,
  );
  return (
    <nav className={classes.tabs} aria-label="Agents that were asked at once">
      <Link href={`/commands/${batchId}`}>{summaryText(commands)}</Link>
      <ul>
        {commands.map(({ id, agentName, state }) => (
          <li key={id}>
            <Link href={`/commands/${id}`} aria-current={id === openId ? 'page' : undefined}>
              {agentName} <StateChip state={state} />
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
