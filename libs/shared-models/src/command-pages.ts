import { z } from 'zod';
import { CommandPiece, CommandRecord } from './command.ts';
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
