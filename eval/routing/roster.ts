import { profileOf } from '@parley/agent-kit';
import { shippedAgents } from '@parley/agents';
import { createLanguageModel } from '@parley/language-model';
import type { AgentProfile, AgentStatus } from '@parley/shared-models';

/** The agents that ship, with their own profiles; all online and idle. */
export function everyAgent(): AgentStatus[] {
  const languageModel = createLanguageModel({ MISTRAL_MODEL: 'none: no key is given' });
  return Object.values(shippedAgents).map((agent) => statusOf(profileOf(agent.create({ languageModel }))));
}

/** Agents that serve the same purpose together have one label: whoever of them got it is right. */
const LABELS: Readonly<Record<string, string>> = {
  coordinator: 'orders',
  email: 'orders',
  planner: 'research',
  clarifier: 'research',
  executor: 'research',
  aggregator: 'research',
};

/** What the sentences call the agents of this group. */
export const labelOf = (group: string): string => LABELS[group] ?? group;

function statusOf({ name, concurrency: _, ...profile }: AgentProfile): AgentStatus {
  return {
    ...profile,
    agentId: profile.group,
    agentName: name,
    state: 'online',
    load: 0,
    lastSeen: '2026-01-31T12:00:00.000Z',
    incarnation: 1,
    metrics: { handled: 0, failed: 0, meanHandleMs: 0 },
  };
}
