import { profileOf } from '@parley/agent-kit';
import { shippedAgents } from '@parley/agents';
import { createLanguageModel } from '@parley/language-model';
import type { AgentProfile, AgentStatus } from '@parley/shared-models';

/** The agents that ship, with their own profiles; all online and idle. */
export async function everyAgent(): Promise<AgentStatus[]> {
  const languageModel = await createLanguageModel({ MISTRAL_MODEL: 'none: no key is given' });
  const config = { DATA_DIR: 'data', RESEARCH_FETCH_ALLOW: [] };
  const definitions = Object.values(shippedAgents).map((agent) => agent.create({ languageModel, config }));
  return (await Promise.all(definitions)).map((definition) => statusOf(profileOf(definition)));
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
