import type { AgentStatus } from '@parley/shared-models';
import {
  type Classifier,
  createClassifier,
  type IntentProfile,
  type ProfileScore,
} from './classifier/create-classifier.ts';

/** How well a text fits what an agent says about itself. */
export interface IntentScore extends ProfileScore {
  readonly agent: AgentStatus;
}

/** @returns one for each agent, best first, equal ones by agent id */
export type IntentScorer = (text: string, agents: readonly AgentStatus[]) => readonly IntentScore[];

/**
 * Keeps its classifier for as long as the agents say the same about themselves: only a changed, new or removed profile
 * makes it anew, not that an agent goes offline or says its load.
 */
export function createIntentScorer(
  build: (profiles: readonly IntentProfile[]) => Classifier = createClassifier,
): IntentScorer {
  let known = new Map<string, { agent: AgentStatus; profile: number }>();
  let classifier: Classifier | undefined;

  function learn(agents: readonly AgentStatus[]): Classifier {
    if (classifier !== undefined && agents.length === known.size) {
      if (agents.every((agent) => isKnown(known.get(agent.agentId), agent))) return classifier;
    }
    const profiles: AgentStatus[] = [];
    known = new Map();
    for (const agent of agents) {
      let profile = profiles.findIndex((other) => isSameProfile(other, agent));
      if (profile === -1) profile = profiles.push(agent) - 1;
      known.set(agent.agentId, { agent, profile });
    }
    classifier = build(profiles);
    return classifier;
  }

  return (text, agents) => {
    const scores = learn(agents).classify(text);
    return agents
      .map((agent) => ({ ...(scores[known.get(agent.agentId)?.profile ?? -1] ?? NO_SCORE), agent }))
      .sort((a, b) => b.confidence - a.confidence || (a.agent.agentId < b.agent.agentId ? -1 : 1));
  };
}

const NO_SCORE: ProfileScore = { confidence: 0, keywords: [], words: [] };

/** Two that say the same about what they are for: instances of one agent, or one agent under several names. */
export function isSameProfile(a: IntentProfile, b: IntentProfile): boolean {
  return (
    a.description === b.description &&
    isSameList(a.keywords, b.keywords) &&
    isSameList(a.examples, b.examples)
  );
}

function isKnown(entry: { agent: AgentStatus } | undefined, agent: AgentStatus): boolean {
  if (entry === undefined) return false;
  if (entry.agent === agent) return true;
  if (!isSameProfile(entry.agent, agent)) return false;
  // The next look at the same object ends at once.
  entry.agent = agent;
  return true;
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((text, index) => text === b[index]));
}
