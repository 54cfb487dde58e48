import { createIntentScorer, decideReceiver, isSessionEnd, type RoutingAnswer } from '@parley/routing';
import type { AgentStatus, SessionHint } from '@parley/shared-models';
import { labelOf } from './roster.ts';
import type { Sentence } from './sentences.ts';

export interface Outcome {
  readonly sentence: Sentence;
  /** The label of the group that got it; `none` when the router refused it; for sentences of sessions `end`, `stay` or the group. */
  readonly got: string;
  readonly isRight: boolean;
  readonly answer: RoutingAnswer | undefined;
}

/** Routes each sentence as the first one of a conversation, without a language model. */
export function evaluateIntents(sentences: readonly Sentence[], agents: readonly AgentStatus[]): Outcome[] {
  const scoreIntent = createIntentScorer();
  return sentences.map((sentence) => {
    const answer = decideReceiver({ ...question(agents, sentence.text), scoreIntent });
    const got = groupOf(answer, agents);
    return { sentence, got, answer, isRight: sentence.expected.includes(got) };
  });
}

/** Says each sentence to Finance, which holds the conversation. */
export function evaluateSessions(sentences: readonly Sentence[], agents: readonly AgentStatus[]): Outcome[] {
  const session: SessionHint = {
    agentId: 'finance',
    agentName: 'Finance',
    group: 'finance',
    isHeld: true,
    isEnding: false,
  };
  return sentences.map((sentence) => {
    const isEnding = isSessionEnd(sentence.text);
    const answer = decideReceiver({
      ...question(agents, sentence.text),
      session: { ...session, isEnding },
    });
    const stays = answer.ok && answer.decision.strategy === 'session';
    const got = isEnding ? 'end' : stays ? 'stay' : groupOf(answer, agents);
    return { sentence, got, answer, isRight: sentence.expected.includes(got) };
  });
}

export const accuracyOf = (outcomes: readonly Outcome[]): number =>
  outcomes.filter(({ isRight }) => isRight).length / outcomes.length;

/** How often what was expected (rows) got what (columns). A mixed intent that one of its groups got counts for that. */
export function confusionOf(outcomes: readonly Outcome[]): Record<string, Record<string, number>> {
  const table: Record<string, Record<string, number>> = {};
  for (const { sentence, got, isRight } of outcomes) {
    const expected = isRight ? got : sentence.expected.join('|');
    const row = table[expected] ?? {};
    row[got] = (row[got] ?? 0) + 1;
    table[expected] = row;
  }
  return table;
}

function question(agents: readonly AgentStatus[], text: string) {
  return { agents, text: () => text, recentlyAssigned: () => 0, offlineForMs: () => 0, graceMs: 0 };
}

function groupOf(answer: RoutingAnswer, agents: readonly AgentStatus[]): string {
  if (!answer.ok) return 'none';
  const chosen = agents.find(({ agentId }) => agentId === answer.decision.agentId);
  return chosen === undefined ? 'none' : labelOf(chosen.group);
}
