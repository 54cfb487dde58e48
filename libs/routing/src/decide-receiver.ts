import {
  type AgentStatus,
  CAPABILITIES,
  type RoutingCandidate,
  type SessionHint,
  type Target,
} from '@parley/shared-models';
import { createIntentScorer, type IntentScore, type IntentScorer, isSameProfile } from './intent-scorer.ts';
import { findMention } from './mention.ts';
import type { ModelChoice } from './model-choice.ts';
import { decideNamed, decideTarget, refuseUnknown } from './named-receiver.ts';
import {
  decided,
  leastLoaded,
  mostRecentlySeen,
  onlineOf,
  type RoutingAnswer,
  refused,
  type Workload,
} from './receivers.ts';
import { enumerate, introduce, quote } from './wording.ts';

export interface RoutingQuestion extends Workload {
  readonly target?: Target;
  /** The agent that answered in the conversation before, and whether it holds it. */
  readonly session?: SessionHint;
  /** The message's text; only called when the target names no agent. */
  readonly text: () => string;
  readonly agents: Iterable<AgentStatus>;
  /** Reuse one for many questions: it caches the agents' profiles. @default a new one */
  readonly scoreIntent?: IntentScorer;
  /** A language model's choice for the text, where the question was left open without it. */
  readonly modelChoice?: ModelChoice;
}

/** An agent that scores less is not chosen by the text. Set with eval/routing/tuning.tsv. */
export const CONFIDENT = 0.45;

/**
 * Chooses the agent that shall answer. In this order: the target; an `@mention`; the agent that holds the conversation;
 * the agent whose keywords and example sentences fit; the agent that answered last; the language model's choice; an
 * agent that answers anything; the least loaded of those that say nothing about themselves. An agent that is leaving or
 * offline is chosen only while it is expected back and nobody else is there (or it was named, or holds the
 * conversation).
 */
export function decideReceiver(question: RoutingQuestion): RoutingAnswer {
  const { target, session } = question;
  const agents = [...question.agents];
  if (target !== undefined && Object.values(target).some((value) => value !== undefined)) {
    return decideTarget(question, target, agents);
  }
  if (session?.isEnding === true) return decideHeldSession(question, session, agents);
  const text = question.text();
  const mention = findMention(text, agents);
  if (mention?.isKnown === true) {
    const { name } = mention;
    const by = { wanted: name, strategy: 'mention', reason: `You wrote to @${name}` } as const;
    return decideNamed(question, mention.agents, by);
  }
  if (mention !== undefined) return refuseUnknown(`“${mention.name}”`, agents);
  if (session?.isHeld === true) return decideHeldSession(question, session, agents);
  const online = onlineOf(agents);
  if (online.length === 0) return decideWithoutAnybody(question, agents);
  return decideByIntent(question, text, agents);
}

function decideByIntent(
  question: RoutingQuestion,
  text: string,
  agents: readonly AgentStatus[],
): RoutingAnswer {
  const scoreIntent = question.scoreIntent ?? createIntentScorer();
  const scored = scoreIntent(text, agents).filter(({ agent }) => agent.state === 'online');
  const candidates = scored.slice(0, 10).map(({ agent: { agentId, agentName }, confidence }) => {
    return { agentId, agentName, confidence };
  });
  const best = scored[0];
  if (best !== undefined && best.confidence >= CONFIDENT) {
    const peers = scored.filter((score) => score.confidence === best.confidence).map((score) => score.agent);
    const agent = leastLoaded(question, peers) ?? best.agent;
    const score = scored.find((each) => each.agent === agent) ?? best;
    const strategy = score.keywords.length > 0 ? 'keywords' : 'classifier';
    return decided(agent, strategy, score.confidence, reasonOf(score), candidates);
  }

  const online = scored.map(({ agent }) => agent);
  const { session, modelChoice } = question;
  const last = session === undefined ? undefined : lastAnswerer(question, session, online);
  const lastGoesOn = (agent: AgentStatus): RoutingAnswer =>
    decided(agent, 'session', 0.5, `${agent.agentName} answered last in this conversation.`, candidates);
  if (last !== undefined && !answersAnything(last)) return lastGoesOn(last);

  const chosen = leastLoaded(
    question,
    online.filter((agent) => agent.group === modelChoice?.group),
  );
  if (chosen !== undefined && modelChoice !== undefined) {
    const reason = `${modelChoice.model} takes this for a matter of ${chosen.agentName}.`;
    return decided(chosen, 'language-model', modelChoice.confidence, reason, candidates);
  }

  const isOpen = modelChoice === undefined && !isOneAgent(online) && online.some(saysSomething);
  const fallback = last === undefined ? decideUnclaimed(question, online, candidates) : lastGoesOn(last);
  return isOpen ? { ...fallback, isOpen } : fallback;
}

function decideUnclaimed(
  question: RoutingQuestion,
  online: readonly AgentStatus[],
  candidates: readonly RoutingCandidate[],
): RoutingAnswer {
  const anything = leastLoaded(question, online.filter(answersAnything));
  if (anything !== undefined) {
    const reason = `${anything.agentName} takes what no other agent claims.`;
    return decided(anything, 'default', 0.5, reason, candidates);
  }
  // To be held in a session by an agent that may have nothing to say to it needs more than that nobody else is there.
  const isLone = isOneAgent(online) && !online.some((agent) => saysSomething(agent) && holdsSession(agent));
  const takers = isLone ? online : online.filter((agent) => !saysSomething(agent));
  const agent = leastLoaded(question, takers);
  if (agent === undefined) {
    const there = enumerate(online.map(introduce));
    return refused(
      'no_agent_fits',
      `No agent fits your message. Online: ${there}. Write to one of them with @ and its name.`,
    );
  }
  const reason =
    online.length === 1
      ? `${agent.agentName} is the only agent online.`
      : `${agent.agentName} has the least to do.`;
  return decided(agent, 'least-loaded', 1 / takers.length, reason, candidates);
}

function decideWithoutAnybody(question: RoutingQuestion, agents: readonly AgentStatus[]): RoutingAnswer {
  const leaving = leastLoaded(
    question,
    agents.filter((agent) => agent.state === 'draining'),
  );
  if (leaving !== undefined) {
    const reason = `No agent is online; ${leaving.agentName} is leaving, and your message waits for its return.`;
    return decided(leaving, 'least-loaded', 0.5, reason);
  }
  const expected = mostRecentlySeen(question, agents);
  if (expected !== undefined) {
    const reason = `No agent is online; ${expected.agentName} was here a moment ago, and your message waits for its return.`;
    return decided(expected, 'least-loaded', 0.5, reason);
  }
  const paused = agents.filter((agent) => agent.state === 'paused').map((agent) => agent.agentName);
  const hint = paused.length === 0 ? '' : ` Paused: ${enumerate(paused)}.`;
  return refused('no_agent_online', `No agent is online that could answer.${hint}`);
}

function reasonOf({ agent, keywords, words }: IntentScore): string {
  if (keywords.length > 0)
    return `${quote(keywords)} ${keywords.length === 1 ? 'speaks' : 'speak'} for ${agent.agentName}.`;
  return `It is like what people ask ${agent.agentName}: ${quote(words)}.`;
}

/** Whether all these are one agent, be it several instances or under several names. */
function isOneAgent(agents: readonly AgentStatus[]): boolean {
  const [first, ...others] = agents;
  return first !== undefined && others.every((other) => isSameProfile(first, other));
}

const answersAnything = (agent: AgentStatus): boolean =>
  agent.capabilities.includes(CAPABILITIES.answersAnything);
const holdsSession = (agent: AgentStatus): boolean => agent.capabilities.includes(CAPABILITIES.holdsSession);
/** Whether the agent describes its purpose, so that a message can be outside of it. */
const saysSomething = (agent: AgentStatus): boolean => agent.keywords.length > 0 || agent.examples.length > 0;

/**
 * A message of a conversation that an agent holds: for that agent, where it waits if the agent is paused or leaving;
 * for another instance of its group when it is gone; else for its return within the grace time.
 */
function decideHeldSession(
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
function lastAnswerer(
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
