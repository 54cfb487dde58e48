import type { AgentStatus } from '@parley/shared-models';

/** Counts what was given to each agent since the agent last said its load, which is up to a heartbeat old. */
export interface AssignmentCounter {
  add(agentId: string): void;
  /** Forgets the counts of the agents that have been heard of since. */
  update(agents: ReadonlyMap<string, AgentStatus>): void;
  of(agentId: string): number;
}

export function createAssignmentCounter(): AssignmentCounter {
  const counts = new Map<string, { count: number; lastSeen: string }>();
  let known: ReadonlyMap<string, AgentStatus> = new Map();
  return {
    add(agentId) {
      const entry = counts.get(agentId);
      if (entry === undefined)
        counts.set(agentId, { count: 1, lastSeen: known.get(agentId)?.lastSeen ?? '' });
      else entry.count += 1;
    },
    update(agents) {
      known = agents;
      for (const [agentId, entry] of counts) {
        if (agents.get(agentId)?.lastSeen !== entry.lastSeen) counts.delete(agentId);
      }
    },
    of: (agentId) => counts.get(agentId)?.count ?? 0,
  };
}
