import type { AgentStatus } from '@parley/shared-models';

export interface KeywordScore {
  readonly agent: AgentStatus;
  /** 0: no keyword stands in the text; grows towards 1 with each that does. */
  readonly confidence: number;
  readonly words: readonly string[];
}

/**
 * Whole words only, without case: `hr` is not in `three`. A keyword of several words must stand in the text as such.
 * Confidence is `1 - 0.4^n` for n keywords found. Best first; equal ones by agent id.
 */
export function scoreKeywords(text: string, agents: readonly AgentStatus[]): KeywordScore[] {
  const padded = ` ${wordsOf(text).join(' ')} `;
  return agents
    .map((agent) => {
      const words = agent.keywords.filter((keyword) => {
        const normal = wordsOf(keyword).join(' ');
        return normal !== '' && padded.includes(` ${normal} `);
      });
      return { agent, words, confidence: words.length === 0 ? 0 : 1 - 0.4 ** words.length };
    })
    .sort((a, b) => b.confidence - a.confidence || (a.agent.agentId < b.agent.agentId ? -1 : 1));
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
