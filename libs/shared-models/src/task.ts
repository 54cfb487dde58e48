import { z } from 'zod';
import { Timestamp } from './chat-message.ts';
import { boundedArray } from './collections.ts';
import { AgentId, Id } from './ids.ts';
import { JsonValue } from './json-value.ts';
import { LIMITS } from './limits.ts';
import { shownName } from './visible-text.ts';

/**
 * PLANNING: the steps are being found; EXECUTING: they run; AGGREGATING: their results become the report;
 * REFINEMENT_READY: the report is there, and a further message refines it. The last two are final.
 */
export const TaskState = z.enum([
  'PLANNING',
  'EXECUTING',
  'AGGREGATING',
  'REFINEMENT_READY',
  'FAILED',
  'CANCELLED',
]);
export type TaskState = z.infer<typeof TaskState>;

/** `pending`: waits for other steps, or for its next attempt. */
export const StepState = z.enum(['pending', 'running', 'done', 'failed', 'cancelled']);
export type StepState = z.infer<typeof StepState>;

/** Of a step, within its task: a word. */
export const StepId = z
  .string()
  .max(64)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}_.:-]*$/u, 'a step id has letters, digits, "_", ".", ":", "-" only');

export const TaskError = z.object({ code: z.string().max(64), message: z.string().max(1000) });
export type TaskError = z.infer<typeof TaskError>;

/** A step as people see it. */
export const TaskStep = z.object({
  id: StepId,
  title: shownName(300),
  state: StepState,
  /** `step`: before the report; `aggregate`: makes the report of a round. */
  kind: z.enum(['step', 'aggregate']).default('step'),
  /** In which round it was planned: 1 at first, one more with each refinement. */
  round: z.number().int().positive().default(1),
  /** The agents that may do it. */
  group: AgentId.optional(),
  /** Steps whose results it needs. */
  dependsOn: boundedArray(StepId, LIMITS.taskSteps).default([]),
  /** How often it was begun. */
  attempt: z.number().int().nonnegative().default(0),
  maxAttempts: z.number().int().positive().default(1),
  /** The agent that has done it. While it runs, `task.progress` names the agent. */
  agentId: z.string().optional(),
  startedAt: Timestamp.optional(),
  endedAt: Timestamp.optional(),
  /** When the next attempt begins, after one that failed. */
  retryAt: Timestamp.optional(),
  /** The beginning of its result, as text. */
  summary: z.string().max(300).optional(),
  /** Why it failed; of a step that will be tried again, why the last attempt did. */
  error: TaskError.optional(),
});
export type TaskStep = z.infer<typeof TaskStep>;

/** A task as people see it: a plan of steps, and how far they are. */
export const Task = z.object({
  id: Id,
  conversationId: Id,
  state: TaskState,
  title: shownName(300).default(''),
  /** Grows with each change: of two states of one task, the one with the larger version is the newer. */
  version: z.number().int().positive().default(1),
  /** 1 at first, one more with each refinement. */
  round: z.number().int().positive().default(1),
  /** The agents that drive it. */
  group: AgentId.optional(),
  plan: boundedArray(TaskStep, LIMITS.taskSteps),
  /** The message with the newest report. */
  reportMessageId: Id.optional(),
  createdAt: Timestamp.optional(),
  updatedAt: Timestamp.optional(),
  error: TaskError.optional(),
});
export type Task = z.infer<typeof Task>;

/** The aggregating step's output. */
export const TaskReport = z.object({
  /** Markdown. Said in the task's conversation. */
  text: z.string().min(1).max(LIMITS.textLength),
  /** Further data, for a refinement. */
  data: JsonValue.optional(),
});
export type TaskReport = z.infer<typeof TaskReport>;

/** One wish for a report: the message that began the task, or one that refined it. */
export const TaskRound = z.object({
  round: z.number().int().positive(),
  /** The message that asked for it. */
  requestId: Id,
  /** The request's text. */
  text: z.string(),
  at: Timestamp,
  report: TaskReport.optional(),
  reportMessageId: Id.optional(),
});
export type TaskRound = z.infer<typeof TaskRound>;

/** `GET /api/tasks/:id`: the task with the inputs and results of its steps. */
export const TaskDetail = Task.extend({
  plan: boundedArray(
    TaskStep.extend({ input: JsonValue.optional(), result: JsonValue.optional() }),
    LIMITS.taskSteps,
  ),
  rounds: boundedArray(TaskRound, LIMITS.taskSteps),
});
export type TaskDetail = z.infer<typeof TaskDetail>;

/** `GET /api/tasks`: the one that was begun last first. */
export const TaskPage = z.object({ tasks: z.array(Task) });
export type TaskPage = z.infer<typeof TaskPage>;

/** Progress of a step, from the agent that does it; not stored. */
export const TaskProgress = z.object({
  taskId: Id,
  conversationId: Id,
  stepId: StepId,
  agentId: AgentId,
  /** Empty: it has begun. */
  text: z.string().max(1000),
  at: Timestamp,
});
export type TaskProgress = z.infer<typeof TaskProgress>;
