import { z } from 'zod';
import { Timestamp } from './chat-message.ts';
import { boundedArray } from './collections.ts';
import { AgentId, Id } from './ids.ts';
import { LIMITS } from './limits.ts';
import { shownName } from './visible-text.ts';

/**
 * `queued` waits for the agent's process; `sent` has reached it, or is on the way; `awaiting_approval` waits for a
 * second person; then `running`. The others are final: a final state never changes.
 */
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

/** In these nothing will happen to the command any more. */
export const FINAL_COMMAND_STATES = [
  'succeeded',
  'failed',
  'cancelled',
  'timed_out',
  'refused',
  'lost',
] as const satisfies readonly CommandState[];

export function isFinalCommandState(state: CommandState): boolean {
  return (FINAL_COMMAND_STATES as readonly CommandState[]).includes(state);
}

export const CommandType = z.enum(['shell', 'pause', 'resume', 'status', 'shutdown']);
export type CommandType = z.infer<typeof CommandType>;

/** Commands that are stored, followed and end; pausing and resuming are wishes, which heartbeats carry too. */
export const StoredCommandType = CommandType.extract(['shell', 'status', 'shutdown']);
export type StoredCommandType = z.infer<typeof StoredCommandType>;

/** Messages that an agent receives on `ReceiveCommands`. */
export const AgentCommand = z.object({
  commandId: Id,
  type: CommandType,
  content: z.string().max(LIMITS.commandLength),
  /** 0: no limit. */
  timeoutMs: z.number().int().nonnegative(),
  isCancellation: z.boolean(),
  /** Where to run it. @default where the agent likes */
  cwd: z.string().max(LIMITS.pathLength).optional(),
  /** Name of the operator who asked for it. */
  requestedBy: z.string().optional(),
  /** Name of the operator who approved it. @default nobody has */
  approvedBy: z.string().optional(),
  /** Bytes that it may print, over both streams; the rest is dropped, the result says `truncated`. @default no limit */
  outputLimitBytes: z.number().int().nonnegative().optional(),
  /** The pieces of output up to this `seq` have arrived: on a command that comes again, go on after it. @default 0 */
  outputSeq: z.number().int().nonnegative().optional(),
});
export type AgentCommand = z.infer<typeof AgentCommand>;

/** Where a command printed. */
export const OutputStreamName = z.enum(['stdout', 'stderr']);
export type OutputStreamName = z.infer<typeof OutputStreamName>;

/** A piece of a command's output. `seq` counts from 1 over both streams of one command. */
export const CommandOutput = z.object({
  commandId: Id,
  agentId: z.string(),
  stream: OutputStreamName,
  seq: z.number().int().positive(),
  data: z.string(),
});
export type CommandOutput = z.infer<typeof CommandOutput>;

/** A command's state before its end, reported by the agent. `rule`: the rule of its policy that decided. */
export const CommandStateReport = z.object({
  commandId: Id,
  agentId: z.string(),
  state: CommandState.extract(['running', 'awaiting_approval']),
  rule: shownName(LIMITS.ruleLength).optional(),
});
export type CommandStateReport = z.infer<typeof CommandStateReport>;

export const CommandResult = z.object({
  commandId: Id,
  agentId: z.string(),
  success: z.boolean(),
  exitCode: z.number().int().optional(),
  signal: z.string().optional(),
  errorMessage: z.string().optional(),
  truncated: z.boolean().default(false),
  durationMs: z.number().nonnegative(),
  /** Set when it was refused, and so never ran: the rule that refuses it, or empty where no rule allows it. */
  refusedByRule: shownName(LIMITS.ruleLength).optional(),
  /** It ended because it was to be cancelled. */
  isCancelled: z.boolean().optional(),
  /** It ended because its time was over. */
  isTimedOut: z.boolean().optional(),
  /** The agent does not know its result. */
  isLost: z.boolean().optional(),
});
export type CommandResult = z.infer<typeof CommandResult>;

/** The person that asked for a command, or approved it. */
export const CommandUser = z.object({ id: z.string().min(1).max(128), name: shownName(128).min(1) });
export type CommandUser = z.infer<typeof CommandUser>;

/** A command as operators see it. */
export const CommandRecord = z.object({
  id: Id,
  /** The `id` of the frame that asked several agents at once. */
  batchId: Id.optional(),
  agentId: z.string(),
  agentName: z.string(),
  requestedBy: CommandUser,
  type: StoredCommandType,
  /** The command line; empty unless `type` is `shell`. */
  command: z.string(),
  cwd: z.string().optional(),
  /** Longest time to wait in the queue, and then to run, in milliseconds. */
  timeoutMs: z.number().int().positive(),
  state: CommandState,
  createdAt: Timestamp,
  sentAt: Timestamp.optional(),
  startedAt: Timestamp.optional(),
  endedAt: Timestamp.optional(),
  /** Not there when it ended without one: by a signal, or before it began. */
  exitCode: z.number().int().optional(),
  signal: z.string().optional(),
  /** Why it did not succeed, for a person. */
  errorMessage: z.string().optional(),
  /** The rule of the agent's policy that asks for an approval, or refused it. */
  rule: z.string().optional(),
  /** `isRequester`: the requester approved it too, which only the local user of a server without sign-in may. */
  approvedBy: CommandUser.extend({ isRequester: z.boolean().optional() }).optional(),
  /** An operator wants it to stop; it may still run. */
  cancelledBy: CommandUser.optional(),
  /** Whether output was left out because there was too much. */
  truncated: z.boolean(),
  durationMs: z.number().nonnegative().optional(),
  /** The last `seq` of its output that is stored; 0: none yet. */
  outputSeq: z.number().int().nonnegative(),
});
export type CommandRecord = z.infer<typeof CommandRecord>;

const requestFields = {
  agentId: AgentId.optional(),
  /** Several at once, each its own command. */
  agentIds: boundedArray(AgentId, LIMITS.commandAgents, 1).optional(),
  /** @default 'shell' */
  commandType: StoredCommandType.optional(),
  /** The command line; empty unless `commandType` is `shell`. */
  command: z.string().max(LIMITS.commandLength),
  cwd: z.string().min(1).max(LIMITS.pathLength).optional(),
  /** @default 600000 */
  timeoutMs: z.number().int().positive().max(LIMITS.commandTimeoutMs).optional(),
};

/** A command to run, with exactly one of `agentId` and `agentIds`. Sent again with the same `id`: the same answer, it runs once. */
export const CommandRequest = z
  .object({
    /** With `agentIds` the batch's: each agent's command has an id derived from it, `deriveId(id, agentId)`. */
    id: Id,
    ...requestFields,
  })
  .superRefine(checkCommandRequest);
export type CommandRequest = z.infer<typeof CommandRequest>;

/** Body of `POST /api/commands`. Without an id, a request that is sent twice runs twice. */
export const CommandRequestBody = z
  .object({ id: Id.optional(), ...requestFields })
  .superRefine(checkCommandRequest);
export type CommandRequestBody = z.infer<typeof CommandRequestBody>;

/** Checks across fields. */
export function checkCommandRequest(
  request: {
    readonly agentId?: string | undefined;
    readonly agentIds?: readonly string[] | undefined;
    readonly commandType?: StoredCommandType | undefined;
    readonly command: string;
  },
  context: z.RefinementCtx,
): void {
  const wrong = (path: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [path], message });
  if ((request.agentId === undefined) === (request.agentIds === undefined))
    wrong('agentId', 'give one of agentId, agentIds');
  const isShell = (request.commandType ?? 'shell') === 'shell';
  if (isShell && request.command.trim() === '') wrong('command', 'a command line is required');
  if (!isShell && request.command !== '') wrong('command', 'only shell commands have a command line');
}

/** A stored piece of a command's output. */
export const CommandPiece = CommandOutput.pick({ stream: true, seq: true, data: true });
export type CommandPiece = z.infer<typeof CommandPiece>;
