import { createIntentScorer, decideReceiver } from '@parley/routing';
import type { AgentStatus } from '@parley/shared-models';
import type { Sentence } from './sentences.ts';

const ROUNDS = 30;

/** In milliseconds. */
export interface RoutingCost {
  readonly agents: number;
  /** To learn all profiles: once, when one changes. */
  readonly learning: number;
  /** A decision for a message that names nobody: median on the clock, and mean of the processor's time. */
  readonly median: number;
  readonly processor: number;
}

/** What it costs to route the sentences among so many agents, made from the given ones and all different. */
export function measureCost(
  sentences: readonly Sentence[],
  agents: readonly AgentStatus[],
  count: number,
): RoutingCost {
  const many = Array.from({ length: count }, (_, index) => {
    const agent = agents[index % agents.length] as AgentStatus;
    const copy = Math.floor(index / agents.length);
    return copy === 0 ? agent : variantOf(agent, copy);
  });
  const scoreIntent = createIntentScorer();
  const route = (text: string, there: readonly AgentStatus[]): number => {
    const start = performance.now();
    decideReceiver({
      agents: there,
      text: () => text,
      scoreIntent,
      recentlyAssigned: () => 0,
      offlineForMs: () => 0,
      graceMs: 0,
    });
    return performance.now() - start;
  };
  const learning = route('hello', many);
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round++) {
    // As after a heartbeat: the same profiles in new objects.
    const there = many.map((agent) => ({ ...agent, keywords: [...agent.keywords], load: round / ROUNDS }));
    for (const { text } of sentences) times.push(route(text, there));
  }
  const { user, system } = process.cpuUsage(before);
  const sorted = times.sort((a, b) => a - b);
  return {
    agents: count,
    learning,
    median: sorted[Math.floor(sorted.length / 2)] ?? 0,
    processor: (user + system) / 1000 / times.length,
  };
}

/** Half of its words are its own, the others it shares with the original. */
function variantOf(agent: AgentStatus, copy: number): AgentStatus {
  const own = (text: string, index: number): string => (index % 2 === 0 ? text : `${text}${copy}`);
  return {
    ...agent,
    agentId: `${agent.agentId}-${copy}`,
    group: `${agent.group}-${copy}`,
    keywords: agent.keywords.map(own),
    examples: agent.examples.map((example) => example.split(' ').map(own).join(' ')),
  };
}
