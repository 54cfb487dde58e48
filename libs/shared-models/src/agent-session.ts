import { z } from 'zod';
import { Timestamp } from './chat-message.ts';
import { AgentId, AgentName, Id } from './ids.ts';

/** The agent that holds a conversation: its messages go to this agent without new routing. */
export const AgentSession = z.object({
  agentId: AgentId,
  agentName: AgentName,
  group: AgentId,
  since: Timestamp,
  /** When it ends by itself unless another message comes. */
  expiresAt: Timestamp,
});
export type AgentSession = z.infer<typeof AgentSession>;

/**
 * Travels with a message of a conversation in which an agent has answered before: that agent, and whether the message
 * belongs to it.
 */
export const SessionHint = z.object({
  agentId: AgentId,
  agentName: AgentName,
  group: AgentId,
  /** The agent holds the session: the message is its, unless the person addresses another. Otherwise it only answered last. */
  isHeld: z.boolean(),
  /** The person leaves the session with this message; the agent confirms it. */
  isEnding: z.boolean(),
});
export type SessionHint = z.infer<typeof SessionHint>;

/** Fields of the frame `session`. */
export const SessionChange = z.object({
  conversationId: Id,
  /** Null: nobody holds the conversation any more. */
  session: AgentSession.nullable(),
});
