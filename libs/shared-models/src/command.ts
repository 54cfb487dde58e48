import { z } from 'zod';
import { Id } from './ids.ts';

export const CommandState = z.enum([
  'queued',
  'awaiting_approval',
  'sent',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'timed_out',
  'refused',
  'lost',
]);
export type CommandState = z.infer<typeof CommandState>;

export const CommandType = z.enum(['shell', 'pause', 'resume', 'status', 'shutdown']);
export type CommandType = z.infer<typeof CommandType>;

/** What an agent receives on `ReceiveCommands`. */
export const AgentCommand = z.object({
  commandId: Id,
  type: CommandType,
  content: z.string().max(32_768),
  /** 0: no limit. */
  timeoutMs: z.number().int().nonnegative(),
  isCancellation: z.boolean(),
});
export type AgentCommand = z.infer<typeof AgentCommand>;

/** A piece of what a command printed. `seq` counts from 1 over both streams of one command. */
export const CommandOutput = z.object({
  commandId: Id,
  agentId: z.string(),
  stream: z.enum(['stdout', 'stderr']),
  seq: z.number().int().positive(),
  data: z.string(),
});
export type CommandOutput = z.infer<typeof CommandOutput>;

export const CommandResult = z.object({
  commandId: Id,
  agentId: z.string(),
  success: z.boolean(),
  exitCode: z.number().int().optional(),
  signal: z.string().optional(),
  errorMessage: z.string().optional(),
  truncated: z.boolean().default(false),
  durationMs: z.number().nonnegative(),
});
export type CommandResult = z.infer<typeof CommandResult>;
