import type { AgentStatus } from '@parley/shared-models';

/** What is known about the agents beyond what they say about themselves. */
export interface Workload {
  /** Messages this broker gave to an agent since it last said its load; breaks ties between equal loads. */
  readonly recentlyAssigned: (agentId: string) => number;
  /** How long an offline agent has been gone, in milliseconds. */
  readonly offlineForMs: (agentId: string) => number;
  /** One that is gone for less than this is expected back: its queue keeps the message. */
  readonly graceMs: number;
}

export function leastLoaded(workload: Workload, agents: readonly AgentStatus[]): AgentStatus | undefined {
  // Load is a share of what the agent can take, assignments are single messages: a tenth keeps them comparable.
  const pressure = (agent: AgentStatus): number => agent.load + workload.recentlyAssigned(agent.agentId) / 10;
  let best: AgentStatus | undefined;
  for (const agent of agents) {
    if (best === undefined) best = agent;
    else {
      const difference = pressure(agent) - pressure(best);
      if (difference < 0 || (difference === 0 && agent.agentId < best.agentId)) best = agent;
    }
  }
  return best;
}

/** Of those that are offline and expected back, the one that went last. */
export function mostRecentlySeen(
  workload: Workload,
  agents: readonly AgentStatus[],
): AgentStatus | undefined {
  return agents
    .filter((agent) => agent.state === 'offline' && workload.offlineForMs(agent.agentId) < workload.graceMs)
    .sort((a, b) => workload.offlineForMs(a.agentId) - workload.offlineForMs(b.agentId))[0];
}

export function onlineOf(agents: readonly AgentStatus[]): AgentStatus[] {
  return agents.filter((agent) => agent.state === 'online');
}

/** Those whose queue takes messages although they handle none now. */
export function waitingOf(agents: readonly AgentStatus[]): AgentStatus[] {
  return agents.filter((agent) => agent.state === 'paused' || agent.state === 'draining');
}
