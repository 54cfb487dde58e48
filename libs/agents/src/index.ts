export { createAssistantAgent } from './assistant/assistant-agent.ts';
export { echoAgent } from './echo/echo-agent.ts';
export { type ShippedAgent, type ShippedAgentDeps, shippedAgents } from './shipped-agents.ts';
