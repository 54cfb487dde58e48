export { createAgentDirectory } from './agent-directory.ts';
export { ResearchSettings } from './research/research-settings.ts';
export { type ShippedAgent, type ShippedAgentDeps, shippedAgents } from './shipped-agents.ts';
export type { ListAgents } from './wellness/general/list-agents.ts';
