export { createAgentDirectory } from './agent-directory.ts';
export { ResearchSettings } from './research/research-settings.ts';
export { shippedAgents } from './shipped-agents.ts';
