import type { AgentStatus, ErrorCode, RoutingCandidate, RoutingDecision } from '@parley/shared-models';

/** Facts about the agents beyond their own descriptions. */
export interface Workload {
  /** Messages this broker gave to an agent since it last said its load; breaks ties between equal loads. */
  readonly recentlyAssigned: (agentId: string) => number;
  /** How long an offline agent has been gone, in milliseconds. */
  readonly offlineForMs: (agentId: string) => number;
  /** One that is gone for less than this is expected back: its queue keeps the message. */
  readonly graceMs: number;
}

export function leastLoaded(workload: Workload, agents: readonly AgentStatus[]): AgentStatus | undefined {
  // Load is a share of the agent's capacity, assignments are single messages: a tenth keeps them comparable.
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

export type RoutingAnswer = (
  | { readonly ok: true; readonly decision: RoutingDecision }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string }
) & {
  /**
   * No scorer was sure, and there is something to choose between: a language model may be asked, and the question be
   * put again with its choice. @default false
   */
  readonly isOpen?: boolean;
};

export function decided(
  agent: AgentStatus,
  strategy: RoutingDecision['strategy'],
  confidence: number,
  reason: string,
  candidates: readonly RoutingCandidate[] = [],
): RoutingAnswer {
  const own = { agentId: agent.agentId, agentName: agent.agentName, confidence };
  const others = candidates.filter((candidate) => candidate.agentId !== agent.agentId);
  return { ok: true, decision: { ...own, strategy, reason, candidates: [own, ...others].slice(0, 10) } };
}

export function refused(code: ErrorCode, message: string): RoutingAnswer {
  return { ok: false, code, message };
}
