import { z } from 'zod';
import { CommandPiece, CommandRecord, CommandState } from './command.ts';
import { Id } from './ids.ts';

/** `GET /api/commands`: the one that was asked for last first. */
export const CommandPage = z.object({
  commands: z.array(CommandRecord),
  /** Whether there are older ones: ask again with `before` set to the last one's id. */
  hasMore: z.boolean(),
});
export type CommandPage = z.infer<typeof CommandPage>;

/** `POST /api/commands`: one command for each agent. */
export const StartedCommands = z.object({ batchId: Id.optional(), commands: z.array(CommandRecord) });
export type StartedCommands = z.infer<typeof StartedCommands>;

/** `GET /api/commands/:id/output`: in order of `seq`. */
export const CommandOutputPage = z.object({
  pieces: z.array(CommandPiece),
  /** Whether there is more after the last of these. */
  hasMore: z.boolean(),
});
export type CommandOutputPage = z.infer<typeof CommandOutputPage>;

/** What became of a command that was given to several agents. */
export const CommandSummary = z.object({
  total: z.number().int().nonnegative(),
  /** How many have reached a final state. */
  ended: z.number().int().nonnegative(),
  /** How many are in each state; states that none is in are left out. */
  states: z.partialRecord(CommandState, z.number().int().positive()),
});
export type CommandSummary = z.infer<typeof CommandSummary>;
