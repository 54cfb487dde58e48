import { type AgentStatus, CAPABILITIES } from '@parley/shared-models';

/** Which language model answers, for people: what the agents online say, or that there is none. */
export function languageModelOf(agents: readonly AgentStatus[]): string {
  const labels = agents
    .filter((agent) => agent.state === 'online')
    .flatMap((agent) => agent.capabilities)
    .filter((capability) => capability.startsWith(CAPABILITIES.languageModelPrefix))
    .map((capability) => capability.slice(CAPABILITIES.languageModelPrefix.length).trim());
  return labels.find((label) => label !== 'offline rules') ?? labels[0] ?? 'offline rules';
}
