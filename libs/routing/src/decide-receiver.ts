import {
  type AgentStatus,
  CAPABILITIES,
  type ErrorCode,
  type RoutingCandidate,
  type RoutingDecision,
  type Target,
} from '@parley/shared-models';
import { scoreKeywords } from './keyword-score.ts';

export interface RoutingQuestion {
  readonly target?: Target;
  /** What was written; only asked for when nobody is addressed. */
  readonly text: () => string;
  readonly agents: Iterable<AgentStatus>;
  /** Messages this broker gave to an agent since it last said its load; breaks ties between equal loads. */
  readonly recentlyAssigned: (agentId: string) => number;
  /** How long an offline agent has been gone, in milliseconds. */
  readonly offlineForMs: (agentId: string) => number;
  /** One that is gone for less than this is expected back: its queue keeps the message. */
  readonly graceMs: number;
}

export type RoutingAnswer =
  | { readonly ok: true; readonly decision: RoutingDecision }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/**
 * Who shall answer. In this order: the agent, name or group that the sender named; whose keywords stand in the
 * text; an agent that answers anything; the least loaded one online. An agent that is leaving or offline is chosen
 * only while it is expected back and nobody else is there (or it was named).
 */
export function decideReceiver(question: RoutingQuestion): RoutingAnswer {
  const { target } = question;
  const agents = [...question.agents];
  if (target !== undefined && Object.values(target).some((value) => value !== undefined)) {
    return decideTarget(question, target, agents);
  }
  const online = agents.filter((agent) => agent.state === 'online');
  if (online.length === 0) return decideWithoutAnybody(question, agents);
  return { ok: true, decision: chooseAmong(question, online) };
}

function decideTarget(question: RoutingQuestion, target: Target, agents: AgentStatus[]): RoutingAnswer {
  const wanted = describeTarget(target);
  const named = agents.filter((agent) => isMeant(target, agent));
  if (named.length === 0) {
    const online = agents.filter((agent) => agent.state === 'online').map((agent) => agent.agentName);
    const hint = online.length === 0 ? 'No agent is online.' : `Online: ${enumerate(online)}.`;
    return { ok: false, code: 'unknown_agent', message: `There is no agent ${wanted}. ${hint}` };
  }
  const online = leastLoaded(
    question,
    named.filter((agent) => agent.state === 'online'),
  );
  if (online !== undefined) {
    return { ok: true, decision: decision(online, 'target', 1, `You asked for ${wanted}.`, []) };
  }
  const waiting = leastLoaded(
    question,
    named.filter((agent) => agent.state === 'paused' || agent.state === 'draining'),
  );
  if (waiting !== undefined) {
    const reason = `You asked for ${wanted}, which is ${waiting.state}: your message waits in its queue.`;
    return { ok: true, decision: decision(waiting, 'target', 1, reason, []) };
  }
  const expected = mostRecentlySeen(named, question);
  if (expected !== undefined) {
    const reason = `You asked for ${wanted}, which went offline a moment ago: your message waits for its return.`;
    return { ok: true, decision: decision(expected, 'target', 1, reason, []) };
  }
  return {
    ok: false,
    code: 'agent_offline',
    message: `${capitalise(wanted)} is offline. Ask again when it is back, or ask another agent.`,
  };
}

function decideWithoutAnybody(question: RoutingQuestion, agents: AgentStatus[]): RoutingAnswer {
  const leaving = leastLoaded(
    question,
    agents.filter((agent) => agent.state === 'draining'),
  );
  if (leaving !== undefined) {
    const reason = `No agent is online; ${leaving.agentName} is leaving, and your message waits for its return.`;
    return { ok: true, decision: decision(leaving, 'least-loaded', 0.5, reason, []) };
  }
  const expected = mostRecentlySeen(agents, question);
  if (expected !== undefined) {
    const reason = `No agent is online; ${expected.agentName} was here a moment ago, and your message waits for its return.`;
    return { ok: true, decision: decision(expected, 'least-loaded', 0.5, reason, []) };
  }
  const paused = agents.filter((agent) => agent.state === 'paused').map((agent) => agent.agentName);
  const hint = paused.length === 0 ? '' : ` Paused: ${enumerate(paused)}.`;
  return { ok: false, code: 'no_agent_online', message: `No agent is online that could answer.${hint}` };
}

function chooseAmong(question: RoutingQuestion, online: AgentStatus[]): RoutingDecision {
  const scored = scoreKeywords(question.text(), online);
  const best = scored[0];
  if (best !== undefined && best.confidence > 0) {
    const peers = scored.filter((score) => score.confidence === best.confidence).map((score) => score.agent);
    const agent = leastLoaded(question, peers) ?? best.agent;
    const words = scored.find((score) => score.agent === agent)?.words ?? best.words;
    return decision(
      agent,
      'keywords',
      best.confidence,
      `${quote(words)} speaks for ${agent.agentName}.`,
      candidatesOf(scored),
    );
  }
  const anything = leastLoaded(
    question,
    online.filter((agent) => agent.capabilities.includes(CAPABILITIES.answersAnything)),
  );
  if (anything !== undefined) {
    return decision(
      anything,
      'default',
      0.5,
      `${anything.agentName} takes what no other agent claims.`,
      candidatesOf(scored),
    );
  }
  const agent = leastLoaded(question, online) as AgentStatus;
  const reason =
    online.length === 1
      ? `${agent.agentName} is the only agent online.`
      : `${agent.agentName} has the least to do.`;
  return decision(agent, 'least-loaded', 1 / online.length, reason, candidatesOf(scored));
}

function isMeant(target: Target, agent: AgentStatus): boolean {
  if (target.agentId !== undefined) return agent.agentId === target.agentId;
  if (target.group !== undefined) return agent.group === target.group;
  return agent.agentName.toLowerCase() === target.agentName?.toLowerCase();
}

function describeTarget(target: Target): string {
  return (
    target.agentName ??
    (target.group === undefined ? `“${target.agentId}”` : `of the group “${target.group}”`)
  );
}

function leastLoaded(question: RoutingQuestion, agents: AgentStatus[]): AgentStatus | undefined {
  // Load is a share of what the agent can take, assignments are single messages: a tenth keeps them comparable.
  const pressure = (agent: AgentStatus): number => agent.load + question.recentlyAssigned(agent.agentId) / 10;
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

function mostRecentlySeen(agents: AgentStatus[], question: RoutingQuestion): AgentStatus | undefined {
  return agents
    .filter((agent) => agent.state === 'offline' && question.offlineForMs(agent.agentId) < question.graceMs)
    .sort((a, b) => question.offlineForMs(a.agentId) - question.offlineForMs(b.agentId))[0];
}

function candidatesOf(scored: readonly { agent: AgentStatus; confidence: number }[]): RoutingCandidate[] {
  return scored
    .slice(0, 10)
    .map(({ agent, confidence }) => ({ agentId: agent.agentId, agentName: agent.agentName, confidence }));
}

function decision(
  agent: AgentStatus,
  strategy: RoutingDecision['strategy'],
  confidence: number,
  reason: string,
  candidates: RoutingCandidate[],
): RoutingDecision {
  const own = { agentId: agent.agentId, agentName: agent.agentName, confidence };
  const others = candidates.filter((candidate) => candidate.agentId !== agent.agentId);
  return { ...own, strategy, reason, candidates: [own, ...others].slice(0, 10) };
}

/** So many names or words at most: reasons and messages have a bounded length on the wire. */
const MAX_NAMES = 10;
const MAX_WORDS = 5;

function enumerate(names: readonly string[]): string {
  const sorted = [...new Set(names)].sort();
  const rest = sorted.length - MAX_NAMES;
  return sorted.slice(0, MAX_NAMES).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

function quote(words: readonly string[]): string {
  const rest = words.length - MAX_WORDS;
  const quoted = words.slice(0, MAX_WORDS).map((word) => `“${word}”`);
  return quoted.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
