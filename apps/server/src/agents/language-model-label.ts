import type { AgentStatus } from '@parley/shared-models';

/** An agent that uses a language model says which as a capability with this prefix. */
const PREFIX = 'language-model:';

/** Which language model answers, for people: what the agents online say, or that there is none. */
export function languageModelOf(agents: readonly AgentStatus[]): string {
  const labels = agents
    .filter((agent) => agent.state === 'online')
    .flatMap((agent) => agent.capabilities)
    .filter((capability) => capability.startsWith(PREFIX))
    .map((capability) => capability.slice(PREFIX.length).trim());
  return labels.find((label) => label !== 'offline rules') ?? labels[0] ?? 'offline rules';
}
