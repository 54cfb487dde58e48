import { z } from 'zod';
import { Timestamp } from './chat-message.ts';
import { Id } from './ids.ts';

export const TaskState = z.enum([
  'PLANNING',
  'EXECUTING',
  'AGGREGATING',
  'REFINEMENT_READY',
  'FAILED',
  'CANCELLED',
]);
export type TaskState = z.infer<typeof TaskState>;

export const StepState = z.enum(['pending', 'running', 'done', 'failed', 'cancelled']);

export const TaskStep = z.object({
  id: z.string().max(64),
  title: z.string().max(300),
  state: StepState,
  agentId: z.string().optional(),
  startedAt: Timestamp.optional(),
  endedAt: Timestamp.optional(),
});
export type TaskStep = z.infer<typeof TaskStep>;

export const Task = z.object({
  id: Id,
  conversationId: Id,
  state: TaskState,
  plan: z.array(TaskStep).max(200),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type Task = z.infer<typeof Task>;
