export { createAgentDirectory } from './agent-directory.ts';
export { ResearchSettings, shippedAgents } from './shipped-agents.ts';
