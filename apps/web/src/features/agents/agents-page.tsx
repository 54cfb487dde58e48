import { useMemo } from 'react';
import { EmptyList, LoadingList } from '../../components/list-state.tsx';
import { Page } from '../../components/page.tsx';
import { useIsConnected, useSessionState } from '../../session/use-session.ts';
import { AgentCard } from './agent-card.tsx';
import classes from './agents-page.module.css';

/** Every agent that the server knows, live. */
export function AgentsPage() {
  const agents = useSessionState((state) => state.agents);
  const controls = useSessionState((state) => state.agentControls);
  const mayControl = useSessionState(
    ({ welcome }) => welcome?.user.roles.some((role) => role === 'operator' || role === 'admin') ?? false,
  );
  const sorted = useMemo(
    () =>
      agents?.toSorted(
        (one, other) =>
          one.agentName.localeCompare(other.agentName) || (one.agentId < other.agentId ? -1 : 1),
      ),
    [agents],
  );
  const isConnected = useIsConnected();
  const online = sorted?.filter(({ state }) => state === 'online').length ?? 0;

  return (
    <Page
      title="Agents"
      summary={
        sorted === undefined
          ? undefined
          : `${online} of ${sorted.length} online${isConnected ? '' : ' when last heard of'}`
      }
    >
      {sorted === undefined ? <LoadingList label="Loading agents" /> : null}
      {sorted?.length === 0 ? (
        <EmptyList title="No agent has registered yet">
          Start one on any machine that reaches this server, for example <code>npx nx serve agent</code>. It
          appears here by itself.
        </EmptyList>
      ) : null}
      <ul className={classes.cards} aria-label="Agents" data-stale={!isConnected || undefined}>
        {sorted?.map((agent) => (
          <AgentCard
            key={agent.agentId}
            agent={agent}
            control={controls[agent.agentId]}
            mayControl={mayControl}
          />
        ))}
      </ul>
    </Page>
  );
}
