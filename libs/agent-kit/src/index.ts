export * from './agent-definition.ts';
export type * from './agent-memory.ts';
export { profileOf } from './agent-profile.ts';
export { type RunningAgent, type StartAgentOptions, startAgent } from './start-agent.ts';
