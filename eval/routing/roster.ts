import { profileOf } from '@parley/agent-kit';
import { shippedAgents } from '@parley/agents';
import { createLanguageModel } from '@parley/language-model';
import { type AgentProfile, type AgentStatus, AgentProfile as Profile } from '@parley/shared-models';
import { laterAgents } from './later-agents.ts';

/** The agents that ship, with their own profiles, and those that are to come; all online and idle. */
export function everyAgent(): AgentStatus[] {
  const languageModel = createLanguageModel({ MISTRAL_MODEL: 'none: no key is given' });
  const shipped = Object.values(shippedAgents).map((agent) => profileOf(agent.create({ languageModel })));
  const groups = new Set(shipped.map(({ group }) => group));
  const later = Object.entries(laterAgents)
    .filter(([group]) => !groups.has(group))
    .map(([group, said]) => Profile.parse({ ...said, group, name: group }));
  return [...shipped, ...later].map(statusOf);
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
