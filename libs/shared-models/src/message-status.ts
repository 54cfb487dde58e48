import { z } from 'zod';
import { Timestamp } from './chat-message.ts';
import { boundedArray } from './collections.ts';
import { Id } from './ids.ts';

/**
 * Where a person's message stands. It ends in exactly one of `answered`, `failed`, `dead_lettered`.
 * accepted: stored; routed: an agent was chosen; delivered: in that agent's queue.
 */
export const MessageState = z.enum([
  'accepted',
  'routed',
  'delivered',
  'answered',
  'failed',
  'dead_lettered',
]);
export type MessageState = z.infer<typeof MessageState>;

export function isTerminal(state: MessageState): boolean {
  return state === 'answered' || state === 'failed' || state === 'dead_lettered';
}

/**
 * target: chosen beside the text; mention: `@Name` in it; session: who holds the conversation, or answered last;
 * keywords: the agent's own words; classifier: like its example sentences; default: answers anything.
 */
export const RoutingStrategy = z.enum([
  'target',
  'mention',
  'session',
  'keywords',
  'classifier',
  'language-model',
  'least-loaded',
  'default',
]);
export type RoutingStrategy = z.infer<typeof RoutingStrategy>;

export const RoutingCandidate = z.object({
  agentId: z.string(),
  agentName: z.string(),
  /** 0 to 1. */
  confidence: z.number().min(0).max(1),
});
export type RoutingCandidate = z.infer<typeof RoutingCandidate>;

/** Who was chosen to answer, and why. */
export const RoutingDecision = z.object({
  agentId: z.string(),
  agentName: z.string(),
  strategy: RoutingStrategy,
  /** 0 to 1: how sure the router is. 1 when the sender named the agent. */
  confidence: z.number().min(0).max(1),
  /** One short sentence for the person who asked. */
  reason: z.string().max(500),
  /** Best first, the chosen one included. At most 10. */
  candidates: boundedArray(RoutingCandidate, 10),
});
export type RoutingDecision = z.infer<typeof RoutingDecision>;

/** A process that held the message, and when it took it. */
export const Hop = z.object({ service: z.string().max(128), at: Timestamp });
export type Hop = z.infer<typeof Hop>;

export const MessageStatus = z.object({
  messageId: Id,
  conversationId: Id,
  status: MessageState,
  routing: RoutingDecision.optional(),
  hops: z.array(Hop),
  /** Why it failed, for `failed` and `dead_lettered`. */
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type MessageStatus = z.infer<typeof MessageStatus>;
