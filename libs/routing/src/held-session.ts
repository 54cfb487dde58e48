import type { AgentStatus, SessionHint } from '@parley/shared-models';
import { decided, type RoutingAnswer, refused } from './routing-answer.ts';
import { leastLoaded, mostRecentlySeen, onlineOf, type Workload } from './workload.ts';

/**
 * A message of a conversation that an agent holds: for that agent, where it waits if the agent is paused or leaving;
 * for another instance of its group when it is gone; else for its return within the grace time.
 */
export function decideHeldSession(
  workload: Workload,
  session: SessionHint,
  agents: readonly AgentStatus[],
): RoutingAnswer {
  const { agentId, agentName, group, isEnding } = session;
  const talking = isEnding ? `You leave the session with ${agentName}` : `You are talking with ${agentName}`;
  const holder = agents.find((agent) => agent.agentId === agentId);
  if (holder?.state === 'online') return decided(holder, 'session', 1, `${talking}.`);
  if (holder?.state === 'paused' || holder?.state === 'draining') {
    return decided(
      holder,
      'session',
      1,
      `${talking}, which is ${holder.state}: your message waits in its queue.`,
    );
  }
  const instances = agents.filter((agent) => agent.group === group);
  const other = leastLoaded(workload, onlineOf(instances));
  if (other !== undefined) {
    const reason = `${talking}, which is away: another instance (${other.agentId}) goes on.`;
    return decided(other, 'session', 1, reason);
  }
  const expected = mostRecentlySeen(workload, instances);
  if (expected !== undefined) {
    const reason = `${talking}, which went offline a moment ago: your message waits for its return.`;
    return decided(expected, 'session', 1, reason);
  }
  return refused(
    'agent_offline',
    isEnding
      ? `${agentName} is offline and cannot confirm it, but the session is closed.`
      : `${agentName}, with whom you are talking, is offline. Ask again when it is back, or write END to leave the session.`,
  );
}

/** Of the agent that answered last in the conversation, or its group, one that is online. */
export function lastAnswerer(
  workload: Workload,
  session: SessionHint,
  online: readonly AgentStatus[],
): AgentStatus | undefined {
  return (
    online.find((agent) => agent.agentId === session.agentId) ??
    leastLoaded(
      workload,
      online.filter((agent) => agent.group === session.group),
    )
  );
}
