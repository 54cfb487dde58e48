import { boundedArray, boundedRecord, Id, JsonValue, LIMITS, StepId } from '@parley/shared-models';
import { z } from 'zod';
import { RoundRecord } from './task-document.ts';

/** Key in a message's metadata under which a step of a task is asked for. Only servers set it. */
export const STEP_CALL = 'step';
/** Key of the step's result in a reply's metadata. */
export const STEP_RESULT = 'result';

/** The input of an agent that does a step. */
export const StepCall = z.object({
  taskId: Id,
  taskTitle: z.string(),
  stepId: StepId,
  title: z.string(),
  kind: z.enum(['step', 'aggregate']),
  round: z.number().int().positive(),
  /** From 1. */
  attempt: z.number().int().positive(),
  /** The same for every attempt and every delivery of the step: an idempotency key for its effects outside. */
  key: Id,
  /** The longest that the attempt may take, in milliseconds. */
  timeoutMs: z.number().int().positive(),
  /** Where progress is shown. */
  conversationId: Id,
  input: JsonValue.optional(),
  /** Of the steps it depends on, by id; of an aggregating step, of all that are done. */
  results: boundedRecord(StepId, JsonValue, LIMITS.taskSteps),
  /** The requests; with the reports of earlier rounds for an aggregating step. */
  rounds: boundedArray(RoundRecord, LIMITS.taskSteps),
});
export type StepCall = z.infer<typeof StepCall>;
