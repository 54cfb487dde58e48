export { createAssistantAgent } from './assistant/assistant-agent.ts';
export { echoAgent } from './echo/echo-agent.ts';
export { createFinanceAgent } from './helpdesk/finance/finance-agent.ts';
export { createHrAgent } from './helpdesk/hr/hr-agent.ts';
export { type ShippedAgent, type ShippedAgentDeps, shippedAgents } from './shipped-agents.ts';
export { createHeliosAgent } from './wellness/helios/helios-agent.ts';
