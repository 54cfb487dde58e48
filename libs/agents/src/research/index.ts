export { createAggregatorAgent } from './aggregator-agent.ts';
export { createClarifierAgent } from './clarifier-agent.ts';
export { createExecutorAgent } from './executor-agent.ts';
export { createPlannerAgent } from './planner-agent.ts';
