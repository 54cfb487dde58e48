import type { AgentStatus } from '@parley/shared-models';

/** A language model's answer to the question which agent a text is for. */
export interface ModelChoice {
  /** Undefined: nobody's. */
  readonly group: string | undefined;
  /** 0 to 1. */
  readonly confidence: number;
  /** For people: which model. */
  readonly model: string;
}

/** One line of the list that a language model chooses from. */
export interface ModelOption {
  /** The group. */
  readonly id: string;
  /** The purpose of its agents, with some sentences that people write to them. */
  readonly description: string;
}

const MAX_OPTIONS = 50;
const MAX_EXAMPLES = 3;

/** The groups that are online and describe their purpose, by name. */
export function modelOptions(agents: Iterable<AgentStatus>): ModelOption[] {
  const byGroup = new Map<string, ModelOption>();
  for (const { group, state, agentName, description, keywords, examples } of agents) {
    if (state !== 'online' || byGroup.has(group)) continue;
    if (description === '' && keywords.length === 0 && examples.length === 0) continue;
    const parts = [description, ...examples.slice(0, MAX_EXAMPLES).map((example) => `“${example}”`)];
    if (examples.length === 0) parts.push(keywords.slice(0, 10).join(', '));
    byGroup.set(group, {
      id: group,
      description: `${agentName}: ${parts.filter((part) => part !== '').join(' ')}`,
    });
  }
  return [...byGroup.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, MAX_OPTIONS);
}
