import type { AgentStatus } from '@parley/shared-models';
import { memo, useMemo } from 'react';
import { AgentMark } from '../../../components/agent-mark.tsx';
import { Entry } from '../../../components/error-boundary.tsx';
import { EmptyList, LoadingList } from '../../../components/list-state.tsx';
import { moveFocus } from '../../../components/move-focus.ts';
import { StateDot } from '../../../components/state-dot.tsx';
import { useAppState, useIsConnected } from '../../../model/use-app-model.ts';
import classes from './agent-list.module.css';

/** The agents with their current states; a click addresses the next message to an agent. */
export function AgentList({ onPick }: { onPick: (agentName: string) => void }) {
  const agents = useAppState((state) => state.agents);
  const sorted = useMemo(
    () => (agents === undefined ? undefined : agents.toSorted(byStateAndName)),
    [agents],
  );
  const isConnected = useIsConnected();
  const online = sorted?.filter(({ state }) => state === 'online').length ?? 0;
  return (
    <section
      className={classes.panel}
      aria-labelledby="agents-heading"
      data-stale={!isConnected || undefined}
      onKeyDown={moveFocus}
    >
      <h2 className={classes.head} id="agents-heading">
        Agents
        {sorted === undefined ? null : (
          <span className={classes.count}>
            {isConnected ? '' : 'last known: '}
            {online}/{sorted.length}
            <span className={classes.spoken}> online</span>
          </span>
        )}
      </h2>
      <div className={classes.scroll}>
        {sorted === undefined ? <LoadingList label="Loading agents" rows={3} /> : null}
        {sorted?.length === 0 ? (
          <EmptyList title="No agent is here">Start one, for example: npx nx serve agent</EmptyList>
        ) : null}
        <ul className={classes.items}>
          {sorted?.map((agent) => (
            <Entry key={agent.agentId} name="An agent" isListItem>
              <AgentItem agent={agent} onPick={onPick} />
            </Entry>
          ))}
        </ul>
      </div>
    </section>
  );
}

const AgentItem = memo(function AgentItem({
  agent,
  onPick,
}: {
  agent: AgentStatus;
  onPick: (name: string) => void;
}) {
  const { agentId, agentName, state, load, description } = agent;
  return (
    <li>
      <button
        type="button"
        className={classes.item}
        data-state={state}
        data-item
        title={description === '' ? undefined : description}
        onClick={() => onPick(agentName)}
      >
        <AgentMark agentId={agentId} name={agentName} />
        <span className={classes.name}>{agentName}</span>
        {state === 'online' ? (
          load > 0 ? (
            <span className={classes.note}>{Math.round(load * 100)} %</span>
          ) : null
        ) : (
          <span className={classes.note}>{state}</span>
        )}
        <StateDot state={state} />
        <span className={classes.spoken}>
          {state === 'online' ? 'online, ' : ''}address the next message to it
        </span>
      </button>
    </li>
  );
});

const ORDER = { online: 0, draining: 1, paused: 2, offline: 3 };

function byStateAndName(one: AgentStatus, other: AgentStatus): number {
  return ORDER[one.state] - ORDER[other.state] || one.agentName.localeCompare(other.agentName);
}
