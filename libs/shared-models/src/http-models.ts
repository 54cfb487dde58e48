import { z } from 'zod';
import { ChannelName, PublishedEvent } from './channel-event.ts';
import { ChatMessage, MessageStatus, Timestamp } from './chat-message.ts';
import { Conversation } from './conversation.ts';
import { Id } from './ids.ts';

/** `GET /api/conversations`: newest first. */
export const ConversationPage = z.object({ conversations: z.array(Conversation) });
export type ConversationPage = z.infer<typeof ConversationPage>;

/** `GET /api/conversations/:id/messages`: in order of `seq`, with the status of each message that a person sent. */
export const MessagePage = z.object({
  messages: z.array(ChatMessage),
  statuses: z.array(MessageStatus),
  /** Whether there are messages after the last of these. */
  hasMore: z.boolean(),
});
export type MessagePage = z.infer<typeof MessagePage>;

/** `GET /user/:userId/files`. */
export const UserFile = z.object({
  name: z.string(),
  /** Bytes. */
  size: z.number().int().nonnegative(),
  updatedAt: Timestamp,
});
export type UserFile = z.infer<typeof UserFile>;

export const UserFileList = z.object({ files: z.array(UserFile) });
export type UserFileList = z.infer<typeof UserFileList>;

export const HealthReport = z.object({
  status: z.enum(['ok', 'degraded']),
  queue: z.object({
    kind: z.enum(['rabbitmq', 'embedded']),
    state: z.enum(['up', 'down', 'blocked']),
    reason: z.string().optional(),
  }),
  store: z.object({
    kind: z.enum(['sqlite', 'postgres']),
    state: z.enum(['up', 'down']),
    reason: z.string().optional(),
  }),
  brokers: z.number().int().nonnegative(),
  agents: z.object({ online: z.number().int().nonnegative(), known: z.number().int().nonnegative() }),
  uptimeSeconds: z.number().nonnegative(),
  version: z.string(),
});
export type HealthReport = z.infer<typeof HealthReport>;

export const QueueDepth = z.object({
  name: z.string(),
  /** Messages that wait. */
  ready: z.number().int().nonnegative(),
  /** Messages handed out and not yet acknowledged. */
  unacknowledged: z.number().int().nonnegative(),
  consumers: z.number().int().nonnegative(),
});
export type QueueDepth = z.infer<typeof QueueDepth>;

/** A message that nobody could handle. */
export const DeadLetter = z.object({
  id: Id,
  messageId: z.string(),
  queue: z.string(),
  reason: z.string(),
  message: z.string(),
  type: z.string(),
  conversationId: z.string().optional(),
  headers: z.record(z.string(), z.union([z.string(), z.number()])),
  /** The body as text; where it was not UTF-8, as base64 with `isBase64`. */
  body: z.string(),
  isBase64: z.boolean(),
  diedAt: Timestamp,
  state: z.enum(['dead', 'replayed', 'discarded']),
});
export type DeadLetter = z.infer<typeof DeadLetter>;

/** The messages that a reset of the queues removed. */
export const QueuesReset = z.object({
  /** Messages that went, over all queues. */
  removed: z.number().int().nonnegative(),
  /** Requests that were on their way, in a queue or in an agent's hand, and have failed with `queue_reset`. */
  failed: z.number().int().nonnegative(),
  queues: z.array(z.object({ name: z.string(), removed: z.number().int().nonnegative() })),
});
export type QueuesReset = z.infer<typeof QueuesReset>;

/** An event in the log of the channels. */
export const LogEntry = z.object({
  /** Grows with each event: `before` reads on from there. */
  number: z.number().int().positive(),
  channel: ChannelName,
  event: PublishedEvent,
});
export type LogEntry = z.infer<typeof LogEntry>;

/** `GET /api/events`: the last events that fit, oldest first. */
export const EventPage = z.object({ events: z.array(LogEntry) });
export type EventPage = z.infer<typeof EventPage>;

/** `GET /api/event-threads`: newest first. */
export const EventThreadPage = z.object({
  /** Each begins with an event of the type; the last of the events that followed from it come after, in the order of the log. */
  threads: z.array(z.array(LogEntry).min(1)),
  /** Whether there are older ones: ask again with `before` set to the `number` of the last thread's first event. */
  hasMore: z.boolean(),
});
export type EventThreadPage = z.infer<typeof EventThreadPage>;
