import { Button, NativeSelect, TextInput } from '@mantine/core';
import { type CommandState, isFinalCommandState } from '@parley/shared-models';
import { memo, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { Entry } from '../../components/error-boundary.tsx';
import { agoText, durationText, fullTime } from '../../components/format-time.ts';
import { IconSearch } from '../../components/icons.ts';
import { EmptyList, FailedList, LoadingList } from '../../components/list-state.tsx';
import { moveFocus } from '../../components/move-focus.ts';
import { useNow } from '../../components/use-now.ts';
import { newestFirst } from '../../model/command-records.ts';
import { useAppModel, useAppState } from '../../model/use-app-model.ts';
import {
  type CommandFilter,
  type CommandItem,
  EVERYTHING,
  groupCommands,
  passes,
  summaryText,
} from './command-items.ts';
import classes from './command-list.module.css';
import { commandTitle, stateTexts } from './command-state-text.ts';
import { StateChip } from './state-chip.tsx';

/** All commands with requester and time, the latest first. @param openId the command that is shown beside the list */
export function CommandList({ openId }: { openId: string | undefined }) {
  const { commands: store } = useAppModel();
  const records = useAppState((state) => state.commands);
  const loading = useAppState((state) => state.commandsLoading);
  const hasOlder = useAppState((state) => state.hasOlderCommands);
  const [filter, setFilter] = useState(EVERYTHING);
  const now = useNow(10_000);
  const all = useMemo(() => newestFirst(records), [records]);
  const items = useMemo(() => groupCommands(all.filter((command) => passes(command, filter))), [all, filter]);
  const openBatch = openId === undefined ? undefined : records[openId]?.batchId;
  const isFirstLook = all.length === 0 && loading.phase === 'loading';

  return (
    <>
      <Filters filter={filter} onChange={setFilter} />
      {loading.phase === 'failed' ? (
        <FailedList title="The commands could not be read" reason={loading.reason} onRetry={store.refresh} />
      ) : null}
      {isFirstLook ? <LoadingList label="Loading the commands" /> : null}
      {all.length === 0 && loading.phase === 'ready' ? (
        <EmptyList title="No command has been run yet">
          Choose an agent above, write a command, and press Enter. Everything that is run stands here.
        </EmptyList>
      ) : null}
      {all.length > 0 && items.length === 0 ? (
        <EmptyList
          title="None of them"
          action={
            <Button variant="default" onClick={() => setFilter(EVERYTHING)}>
              Show all
            </Button>
          }
        >
          {hasOlder ? 'There may be older ones.' : 'No command fits the filter.'}
        </EmptyList>
      ) : null}
      <ul className={classes.list} aria-label="Commands" onKeyDown={moveFocus}>
        {items.map((item) => (
          <Entry key={item.id} name="A command" isListItem>
            <Item
              item={item}
              isOpen={item.id === openId || item.id === openBatch}
              age={agoText(item.commands[0].createdAt, now)}
            />
          </Entry>
        ))}
      </ul>
      {hasOlder ? (
        <Button
          className={classes.older ?? ''}
          variant="subtle"
          color="gray"
          loading={loading.phase === 'loading'}
          onClick={store.loadOlder}
        >
          Show older commands
        </Button>
      ) : null}
    </>
  );
}

interface FiltersProps {
  readonly filter: CommandFilter;
  readonly onChange: (filter: CommandFilter) => void;
}

function Filters({ filter, onChange }: FiltersProps) {
  const records = useAppState((state) => state.commands);
  const agents = useMemo(
    () => new Map(Object.values(records).map(({ agentId, agentName }) => [agentId, agentName])),
    [records],
  );
  return (
    <search className={classes.filters}>
      <TextInput
        className={classes.search ?? ''}
        aria-label="Search the commands"
        placeholder="Search"
        type="search"
        size="xs"
        leftSection={<IconSearch size={14} aria-hidden="true" />}
        value={filter.text}
        onChange={({ currentTarget }) => onChange({ ...filter, text: currentTarget.value })}
      />
      <NativeSelect
        size="xs"
        aria-label="Only of this agent"
        value={filter.agentId}
        data={[
          { value: '', label: 'all agents' },
          ...[...agents].map(([value, label]) => ({ value, label })),
        ]}
        onChange={({ currentTarget }) => onChange({ ...filter, agentId: currentTarget.value })}
      />
      <NativeSelect
        size="xs"
        aria-label="Only in this state"
        value={filter.state}
        data={[
          { value: '', label: 'all states' },
          ...Object.entries(stateTexts).map(([value, { label }]) => ({ value, label })),
        ]}
        onChange={({ currentTarget }) =>
          onChange({ ...filter, state: currentTarget.value as CommandState | '' })
        }
      />
    </search>
  );
}

interface ItemProps {
  readonly item: CommandItem;
  readonly isOpen: boolean;
  readonly age: string;
}

const Item = memo(function Item({ item: { id, commands }, isOpen, age }: ItemProps) {
  const [first] = commands;
  const isBatch = first.batchId !== undefined;
  return (
    <li>
      <Link
        href={`/commands/${id}`}
        className={classes.item}
        aria-current={isOpen ? 'page' : undefined}
        data-item
      >
        <span className={classes.row}>
          <code className={classes.command}>{commandTitle(first)}</code>
          {isBatch ? null : <StateChip state={first.state} isStopping={isStopping(first)} />}
        </span>
        <span className={classes.row}>
          <span className={classes.facts}>
            {isBatch ? `${commands.length} agents` : first.agentName} · {first.requestedBy.name} ·{' '}
            <time dateTime={first.createdAt} title={fullTime(first.createdAt)}>
              {age}
            </time>
          </span>
          <span className={classes.end}>{isBatch ? summaryText(commands) : endText(first)}</span>
        </span>
      </Link>
    </li>
  );
});

export const isStopping = ({ state, cancelledBy }: CommandItem['commands'][0]): boolean =>
  cancelledBy !== undefined && !isFinalCommandState(state);

const endText = ({ exitCode, durationMs, startedAt }: CommandItem['commands'][0]): string =>
  [
    ...(exitCode === undefined || exitCode === 0 ? [] : [`exit ${exitCode}`]),
    ...(durationMs === undefined || startedAt === undefined ? [] : [durationText(durationMs)]),
  ].join(' · ');
