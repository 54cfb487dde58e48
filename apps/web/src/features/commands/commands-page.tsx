import type { CommandState } from '@parley/shared-models';
import { CAPABILITIES, isFinalCommandState } from '@parley/shared-models';
import { useMemo, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { IconArrowLeft } from '../../components/icons.ts';
import { EmptyList, LoadingList } from '../../components/list-state.tsx';
import { Page } from '../../components/page.tsx';
import { ScrollRegion } from '../../components/scroll-region.tsx';
import { newestFirst } from '../../model/command-records.ts';
import { useAgents, useAppState, useHasRole } from '../../model/use-app-model.ts';
import { Approvals } from './approvals.tsx';
import { historyOf } from './command-items.ts';
import { CommandList } from './command-list.tsx';
import { stateTexts } from './command-state-text.ts';
import classes from './commands-page.module.css';
import { OpenCommand } from './open-command.tsx';
import { RunForm } from './run-form.tsx';
import { EMPTY_DRAFT, type RunDraft } from './run-request.ts';
import { StateChip } from './state-chip.tsx';
import explained from './states-explained.module.css';

/** Commands on the agents' machines. @param id of a command or of a batch */
export function CommandsPage({ id }: { id?: string | undefined }) {
  const isKnown = useAppState(({ welcome }) => welcome !== undefined);
  const mayRun = useHasRole('operator');
  if (isKnown && mayRun) return <OperatorCommands id={id} />;
  return (
    <Page title="Commands">
      {isKnown ? (
        <EmptyList title="Commands are for operators">
          You can chat and look at the agents; running commands on their machines, and seeing what others ran,
          needs the role “operator”. Whoever runs this server can give it to you.
        </EmptyList>
      ) : (
        <LoadingList label="Waiting for the server" />
      )}
    </Page>
  );
}

function OperatorCommands({ id }: { id: string | undefined }) {
  const [, navigate] = useLocation();
  const known = useAppState((state) => state.commands);
  const userId = useAppState(({ welcome }) => welcome?.user.id);
  const areAgentsKnown = useAppState(({ agents }) => agents !== undefined);
  const commands = useMemo(() => newestFirst(known), [known]);
  const history = useMemo(() => historyOf(commands, userId), [commands, userId]);
  const awaiting = commands.filter(({ state }) => state === 'awaiting_approval');
  const open = commands.filter(({ state }) => !isFinalCommandState(state)).length - awaiting.length;
  const agents = useRunnableAgents();
  const input = useRef<HTMLInputElement>(null);

  const [written, setDraft] = useState<RunDraft>(EMPTY_DRAFT);
  const [only, ...others] = agents;
  // A single agent is chosen automatically.
  const draft =
    written.agentIds.length === 0 && only !== undefined && others.length === 0
      ? { ...written, agentIds: [only.agentId] }
      : written;

  function edit(wanted: RunDraft): void {
    const there = wanted.agentIds.filter((agentId) => agents.some((agent) => agent.agentId === agentId));
    setDraft({ ...wanted, agentIds: there });
    navigate('/commands');
    input.current?.focus();
  }

  const counts = [
    ...(open === 0 ? [] : [`${open} under way`]),
    ...(awaiting.length === 0 ? [] : [`${awaiting.length} waiting for approval`]),
  ];
  return (
    <main className={classes.page} id="main" data-view={id === undefined ? 'list' : 'command'}>
      <div className={classes.top}>
        <header className={classes.head}>
          <h1>Commands</h1>
          {counts.length === 0 ? null : <p>{counts.join(', ')}</p>}
        </header>
        <div className={classes.form}>
          {areAgentsKnown && agents.length === 0 ? (
            <EmptyList title="No agent runs commands yet">
              Start one that does, on any machine that reaches this server:{' '}
              <code>npx nx serve agent -- --use shell --policy policies/example.json</code>. Its policy says
              what may run there.
            </EmptyList>
          ) : (
            <RunForm agents={agents} draft={draft} history={history} inputRef={input} onChange={setDraft} />
          )}
        </div>
        <Approvals commands={awaiting} />
      </div>
      <ScrollRegion className={classes.list} label="Commands that were run">
        <CommandList openId={id} />
      </ScrollRegion>
      <ScrollRegion className={classes.detail} label="Command">
        {id === undefined ? (
          <StatesExplained />
        ) : (
          <>
            <Link className={classes.back} href="/commands">
              <IconArrowLeft size={15} aria-hidden="true" /> All commands
            </Link>
            <OpenCommand key={id} id={id} onEdit={edit} />
          </>
        )}
      </ScrollRegion>
    </main>
  );
}

/** The agents that run commands: the reachable ones first, each group by name. */
function useRunnableAgents() {
  const agents = useAgents();
  return useMemo(
    () =>
      agents
        .filter(({ capabilities }) => capabilities.includes(CAPABILITIES.executesCommands))
        .toSorted(
          (one, other) =>
            Number(one.state === 'offline') - Number(other.state === 'offline') ||
            one.agentName.localeCompare(other.agentName),
        ),
    [agents],
  );
}

/** Shown while no command is chosen. */
function StatesExplained() {
  return (
    <div className={explained.page}>
      <p className={explained.lead}>
        Choose a command to see what it prints. <kbd>↑</kbd> in the command line brings back what you ran
        before.
      </p>
      <h2>The states of a command</h2>
      <dl>
        {Object.entries(stateTexts).map(([state, { explanation }]) => (
          <div key={state}>
            <dt>
              <StateChip state={state as CommandState} />
            </dt>
            <dd>{explanation}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
