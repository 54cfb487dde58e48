import { z } from 'zod';
import { boundedArray, boundedRecord } from './collections.ts';
import { AgentId, Id } from './ids.ts';
import { JsonValue } from './json-value.ts';
import { LIMITS } from './limits.ts';
import { Participant } from './participants.ts';

export const MessageKind = z.enum(['TEXT', 'REPLY', 'SYSTEM', 'ERROR']);
export type MessageKind = z.infer<typeof MessageKind>;

export const MessageText = z
  .string()
  .min(1)
  .max(LIMITS.textLength)
  // PostgreSQL cannot hold it in a text.
  .refine((text) => !text.includes('\u0000'), 'no NUL characters');

/** ISO 8601 in UTC with milliseconds: `2026-01-31T09:30:00.000Z`. */
export const Timestamp = z.iso.datetime({ precision: 3 });

/** Facts about a message that are not its text: what the writer or an agent wants to travel along. */
export const Metadata = boundedRecord(z.string().max(64), JsonValue, LIMITS.metadataKeys);

/** A message as it is stored and shown. */
export const ChatMessage = z.object({
  id: Id,
  conversationId: Id,
  /** From 1, without gaps inside a conversation; given by the server when it stores the message. */
  seq: z.number().int().positive(),
  /** TEXT: a person or an external system; REPLY: an agent; SYSTEM and ERROR: Parley itself. */
  kind: MessageKind,
  sender: Participant,
  receiver: Participant.optional(),
  text: z.string().max(LIMITS.textLength),
  inReplyTo: Id.optional(),
  createdAt: Timestamp,
  metadata: Metadata.optional(),
});
export type ChatMessage = z.infer<typeof ChatMessage>;

/** A message that has not been stored yet, and so has no place in its conversation. */
export const UnstoredMessage = ChatMessage.omit({ seq: true });
export type UnstoredMessage = z.infer<typeof UnstoredMessage>;

/** Key in a message's metadata under which an agent's question to another one carries its origin. Only servers set it. */
export const ASK_ORIGIN = 'ask';

/** At whose wish an agent asks another one, and which agents wait for the answer. */
export const AskOrigin = z.object({
  /** The person, or the external system, whose message began it. */
  user: Participant,
  /** Who asks on whose behalf, the first one first. */
  chain: boundedArray(z.object({ agentId: AgentId, group: AgentId, requestId: Id }), LIMITS.taskSteps),
});
export type AskOrigin = z.infer<typeof AskOrigin>;

/** At whose wish a message was written: the sender's, or where an agent asks, that of the person behind it. */
export function originOf(message: Pick<ChatMessage, 'sender' | 'metadata'>): AskOrigin {
  if (message.sender.kind === 'agent') {
    const origin = AskOrigin.safeParse(message.metadata?.[ASK_ORIGIN]);
    if (origin.success) return origin.data;
  }
  return { user: message.sender, chain: [] };
}

/**
 * Under which subject agents remember a person: a user's own id. Who comes from an external system must not pass for
 * the user of that id.
 */
export function subjectOf(person: Participant): string {
  return person.kind === 'user' ? person.id : `${person.kind}:${person.id}`;
}
