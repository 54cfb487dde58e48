import { useMemo } from 'react';
import { Entry } from '../../components/error-boundary.tsx';
import { EmptyList, LoadingList } from '../../components/list-state.tsx';
import { Page } from '../../components/page.tsx';
import { useAppState, useHasRole, useIsConnected } from '../../model/use-app-model.ts';
import { AgentCard } from './agent-card.tsx';
import classes from './agents-page.module.css';
import { AllAgentsActions } from './all-agents-actions.tsx';

/** All agents that the server knows, updated live. */
export function AgentsPage() {
  const agents = useAppState((state) => state.agents);
  const controls = useAppState((state) => state.agentControls);
  const mayControl = useHasRole('operator');
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
      {mayControl && sorted !== undefined && sorted.length > 0 ? <AllAgentsActions agents={sorted} /> : null}
      <ul className={classes.cards} aria-label="Agents" data-stale={!isConnected || undefined}>
        {sorted?.map((agent) => (
          <Entry key={agent.agentId} name="An agent" isListItem>
            <AgentCard agent={agent} control={controls[agent.agentId]} mayControl={mayControl} />
          </Entry>
        ))}
      </ul>
    </Page>
  );
}
