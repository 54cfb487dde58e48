import { AgentId, boundedArray, JsonValue, LIMITS, StepId } from '@parley/shared-models';
import { z } from 'zod';

/** A step that is to be done. */
export const PlannedStep = z.object({
  /** Unique in the task. A step that is done already, in an earlier round, is not done again. */
  id: StepId,
  /** For people: `Load the prices of AAPL`. */
  title: z.string().min(1).max(300),
  /** The agents that may do it: their `onStep` is called. */
  group: AgentId,
  /** Further input, beside the results of `dependsOn`. */
  input: JsonValue.optional(),
  /** Steps that come first; also ones of earlier rounds. @default [] */
  dependsOn: boundedArray(StepId, LIMITS.taskSteps).default([]),
  /** The longest that one attempt may take, in milliseconds, 1 to 600000. @default 60000 */
  timeoutMs: z.number().int().min(1).max(LIMITS.askTimeoutMs).default(60_000),
  /** 1 to 10. @default 3 */
  maxAttempts: z.number().int().min(1).max(10).default(3),
  /** The wait before the second attempt, in milliseconds; twice as long before each further one. @default 1000 */
  retryMs: z.number().int().min(0).max(600_000).default(1000),
});

/** The step that makes the report out of all results, when every other one is done. */
export const PlannedAggregate = PlannedStep.omit({ dependsOn: true }).extend({
  /** From the second round on, the round's number is added. @default 'report' */
  id: StepId.default('report'),
});

export const TaskPlan = z.object({
  /** In the order in which people see them. None: the report is made from the present results. */
  steps: boundedArray(PlannedStep, LIMITS.taskSteps),
  aggregate: PlannedAggregate,
  /** A message for the conversation: the planned work, or the parts that were not understood. @default nothing is said */
  message: z.string().min(1).max(LIMITS.textLength).optional(),
});
/** As an author writes it. */
export type TaskPlan = z.input<typeof TaskPlan>;
export type PlannedStep = z.input<typeof PlannedStep>;
export type CheckedPlan = z.output<typeof TaskPlan>;
