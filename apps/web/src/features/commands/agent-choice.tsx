import { Button } from '@mantine/core';
import type { AgentStatus } from '@parley/shared-models';
import { StateDot } from '../../components/state-dot.tsx';
import classes from './agent-choice.module.css';

export type RunnableAgent = Pick<AgentStatus, 'agentId' | 'agentName' | 'state'>;

interface Props {
  readonly agents: readonly RunnableAgent[];
  readonly chosen: readonly string[];
  readonly onChange: (agentIds: readonly string[]) => void;
}

/** A choice of one or several of the agents that run commands. */
export function AgentChoice({ agents, chosen, onChange }: Props) {
  const isChosen = (agentId: string): boolean => chosen.includes(agentId);
  const areAllChosen = agents.every(({ agentId }) => isChosen(agentId));
  const names = agents.map(({ agentName }) => agentName);
  return (
    <fieldset className={classes.choice}>
      <legend>Run on</legend>
      {agents.map(({ agentId, agentName, state }) => (
        <label key={agentId} className={classes.agent} data-chosen={isChosen(agentId) || undefined}>
          <input
            type="checkbox"
            checked={isChosen(agentId)}
            onChange={({ currentTarget }) =>
              onChange(
                currentTarget.checked ? [...chosen, agentId] : chosen.filter((each) => each !== agentId),
              )
            }
          />
          <StateDot state={state} />
          {agentName}
          {/* Agents on two machines may have the same name. */}
          {names.indexOf(agentName) === names.lastIndexOf(agentName) ? null : (
            <span className={classes.id}>{agentId}</span>
          )}
          {state === 'online' ? null : <span className={classes.state}>{state}</span>}
        </label>
      ))}
      {agents.length < 2 ? null : (
        <Button
          variant="subtle"
          color="gray"
          onClick={() => onChange(areAllChosen ? [] : agents.map(({ agentId }) => agentId))}
        >
          {areAllChosen ? 'None' : 'All'}
        </Button>
      )}
    </fieldset>
  );
}
