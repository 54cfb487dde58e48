import type { AgentStatus, ServerFrameOf } from '@parley/shared-models';
import type { AgentsChange } from './client-events.ts';

export interface AgentDirectory {
  /** By id. A new map after every change. */
  readonly agents: ReadonlyMap<string, AgentStatus>;
  update(frame: ServerFrameOf<'agents'>): AgentsChange;
  updateLoads(frame: ServerFrameOf<'agents.load'>): AgentsChange;
}

/** The agents, from the full list and the changes after it. */
export function createAgentDirectory(): AgentDirectory {
  let agents: ReadonlyMap<string, AgentStatus> = new Map();

  const change = (changed: readonly AgentStatus[], isFull: boolean): AgentsChange => {
    const next = new Map(isFull ? [] : agents);
    for (const agent of changed) next.set(agent.agentId, agent);
    agents = next;
    return { agents, changed, isFull };
  };

  return {
    get agents() {
      return agents;
    },
    update({ agents: sent, isFull }) {
      return change(
        isFull ? sent : sent.filter((agent) => !isStale(agent, agents.get(agent.agentId))),
        isFull,
      );
    },
    updateLoads({ agents: sent }) {
      const changed = sent.flatMap((load) => {
        const known = agents.get(load.agentId);
        return known === undefined ? [] : { ...known, ...load };
      });
      return change(changed, false);
    },
  };
}

/** The larger incarnation counts: a change of an older incarnation arrived late. */
function isStale(agent: AgentStatus, known: AgentStatus | undefined): boolean {
  return known !== undefined && agent.incarnation < known.incarnation;
}
