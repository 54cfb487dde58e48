import {
  AgentId,
  boundedArray,
  Id,
  JsonValue,
  LIMITS,
  Participant,
  StepId,
  StepState,
  TaskError,
  TaskRound,
  TaskState,
  Timestamp,
} from '@parley/shared-models';
import { z } from 'zod';

/** A step as it is stored. */
export const StepRecord = z.object({
  id: StepId,
  title: z.string().min(1).max(300),
  kind: z.enum(['step', 'aggregate']),
  round: z.number().int().positive(),
  group: AgentId,
  input: JsonValue.optional(),
  dependsOn: boundedArray(StepId, LIMITS.taskSteps),
  /** Of one attempt, in milliseconds. */
  timeoutMs: z.number().int().min(1).max(LIMITS.askTimeoutMs),
  maxAttempts: z.number().int().min(1).max(10),
  /** Before the second attempt, in milliseconds; twice as long before each further one. */
  retryMs: z.number().int().min(0).max(600_000),
  state: StepState,
  attempt: z.number().int().nonnegative(),
  /** How many of these attempts do not count: there was nobody to do them. @default 0 */
  uncounted: z.number().int().nonnegative().optional(),
  /** Since when there has been nobody to do it. */
  absentSince: Timestamp.optional(),
  agentId: z.string().optional(),
  startedAt: Timestamp.optional(),
  endedAt: Timestamp.optional(),
  retryAt: Timestamp.optional(),
  result: JsonValue.optional(),
  error: TaskError.optional(),
});
export type StepRecord = z.infer<typeof StepRecord>;

/** Something that is still to be said in the task's conversation, as a reply to the round's request. */
export const TaskSaying = z.object({
  /** Of the message: saying it twice is saying it once. */
  id: Id,
  kind: z.enum(['plan', 'report', 'failed', 'cancelled']),
  round: z.number().int().positive(),
  text: z.string().min(1).max(LIMITS.textLength),
});
export type TaskSaying = z.infer<typeof TaskSaying>;

/** A request, with the agent's interpretation of it. */
export const RoundRecord = TaskRound.extend({ input: JsonValue.optional() });
export type RoundRecord = z.infer<typeof RoundRecord>;

/** A task as it is stored: all that is needed to go on with it in another process. */
export const TaskDocument = z.object({
  id: Id,
  conversationId: Id,
  /** The agents that drive it. */
  group: AgentId,
  /** Id of the person whose task it is. */
  ownerId: z.string().min(1).max(200),
  /** The person who asked. */
  user: Participant,
  title: z.string().min(1).max(300),
  state: TaskState,
  round: z.number().int().positive(),
  rounds: boundedArray(RoundRecord, LIMITS.taskSteps, 1),
  steps: boundedArray(StepRecord, LIMITS.taskSteps),
  toSay: boundedArray(TaskSaying, 10),
  error: TaskError.optional(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type TaskDocument = z.infer<typeof TaskDocument>;

export interface NewTask {
  readonly id: string;
  readonly conversationId: string;
  readonly group: string;
  readonly ownerId: string;
  readonly user: Participant;
  readonly title: string;
  readonly requestId: string;
  readonly text: string;
  readonly input?: JsonValue | undefined;
}

/** A task that has just begun. @param at ISO 8601 */
export function newTask({ requestId, text, input, ...task }: NewTask, at: string): TaskDocument {
  return {
    ...task,
    state: 'PLANNING',
    round: 1,
    rounds: [{ round: 1, requestId, text, at, ...(input === undefined ? {} : { input }) }],
    steps: [],
    toSay: [],
    createdAt: at,
    updatedAt: at,
  };
}
