import { z } from 'zod';
import type { ChatMessage } from './chat-message.ts';
import { boundedArray } from './collections.ts';
import { AgentId, Id } from './ids.ts';
import { LIMITS } from './limits.ts';
import { Participant } from './participants.ts';

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
