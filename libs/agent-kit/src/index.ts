export type { PlannedStep, RoundRecord, StepRecord, TaskPlan } from '@parley/durable-tasks';
/** To end a message with a code and a text for the person. */
export { ParleyError } from '@parley/shared-models';
export { type AgentCode, codeInThisThread } from './agent-code.ts';
export * from './agent-definition.ts';
export type * from './agent-memory.ts';
export { profileOf } from './agent-profile.ts';
export type {
  CommandContext,
  CommandEnd,
  CommandOutcome,
  CommandRequest,
} from './commands/command-context.ts';
export type { EventContext, EventSchemas, EventSubscription, Publish } from './events/event-context.ts';
export type { Isolation } from './isolation/thread-messages.ts';
export { type GuestOptions, type RunningAgent, type StartAgentOptions, startAgent } from './start-agent.ts';
export type { StartTask, TaskAccess, TaskRecord } from './tasks/task-access.ts';
export type { PlanContext, StepInHand, TaskDriver } from './tasks/task-driver.ts';
