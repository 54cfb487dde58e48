import { z } from 'zod';
import { AgentSession } from './agent-session.ts';
import { Timestamp } from './chat-message.ts';
import { Id } from './ids.ts';

/** A row of the list of conversations. */
export const Conversation = z.object({
  id: Id,
  ownerId: z.string(),
  title: z.string().max(200),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  /** `seq` of its newest message; 0 when it is empty. */
  lastSeq: z.number().int().nonnegative(),
  /** The beginning of the newest message, at most 140 characters. */
  preview: z.string().max(140),
  /** The agent that holds the conversation, if any. */
  session: AgentSession.optional(),
});
export type Conversation = z.infer<typeof Conversation>;
