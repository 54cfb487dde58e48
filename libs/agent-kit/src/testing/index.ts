/** Tests of agents without a queue or a server. */
export { createInMemoryAccess, type InMemoryAccess } from './in-memory-access.ts';
export { createInMemoryTasks, type InMemoryTasks, type InMemoryTasksOptions } from './in-memory-tasks.ts';
export {
  type TestAgent,
  type TestAgentOptions,
  type TestAnswer,
  type TestMessageOptions,
  testAgent,
} from './test-agent.ts';
export { type TestCommandOptions, type TestedCommand, testCommand } from './test-command.ts';
export {
  type AskStub,
  createTestContext,
  type TestContext,
  type TestContextOptions,
} from './test-context.ts';
export { type TestedStep, type TestStepOptions, testStep } from './test-step.ts';
