import type { AgentStatus, Target } from '@parley/shared-models';
import {
  decided,
  leastLoaded,
  mostRecentlySeen,
  onlineOf,
  type RoutingAnswer,
  refused,
  type Workload,
  waitingOf,
} from './receivers.ts';
import { capitalise, enumerate } from './wording.ts';

/** The agent, name or group that the sender chose beside the text. */
export function decideTarget(
  workload: Workload,
  target: Target,
  agents: readonly AgentStatus[],
): RoutingAnswer {
  const wanted =
    target.agentName ??
    (target.group === undefined ? `“${target.agentId}”` : `of the group “${target.group}”`);
  const named = agents.filter((agent) => isMeant(target, agent));
  if (named.length === 0) return refuseUnknown(wanted, agents);
  return decideNamed(workload, named, { wanted, strategy: 'target', reason: `You asked for ${wanted}` });
}

/**
 * One of these agents, which the sender asked for: the least loaded that is online; else one in whose queue the
 * message can wait.
 */
export function decideNamed(
  workload: Workload,
  named: readonly AgentStatus[],
  by: { readonly wanted: string; readonly strategy: 'target' | 'mention'; readonly reason: string },
): RoutingAnswer {
  const { wanted, strategy, reason } = by;
  const online = leastLoaded(workload, onlineOf(named));
  if (online !== undefined) return decided(online, strategy, 1, `${reason}.`);
  const waiting = leastLoaded(workload, waitingOf(named));
  if (waiting !== undefined) {
    return decided(
      waiting,
      strategy,
      1,
      `${reason}, which is ${waiting.state}: your message waits in its queue.`,
    );
  }
  const expected = mostRecentlySeen(workload, named);
  if (expected !== undefined) {
    return decided(
      expected,
      strategy,
      1,
      `${reason}, which went offline a moment ago: your message waits for its return.`,
    );
  }
  return refused(
    'agent_offline',
    `${capitalise(wanted)} is offline. Ask again when it is back, or ask another agent.`,
  );
}

export function refuseUnknown(wanted: string, agents: readonly AgentStatus[]): RoutingAnswer {
  const online = onlineOf(agents).map((agent) => agent.agentName);
  const hint = online.length === 0 ? 'No agent is online.' : `Online: ${enumerate(online)}.`;
  return refused('unknown_agent', `There is no agent ${wanted}. ${hint}`);
}

function isMeant(target: Target, agent: AgentStatus): boolean {
  if (target.agentId !== undefined) return agent.agentId === target.agentId;
  if (target.group !== undefined) return agent.group === target.group;
  return agent.agentName.toLowerCase() === target.agentName?.toLowerCase();
}
