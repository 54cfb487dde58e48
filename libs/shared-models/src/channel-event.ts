import { z } from 'zod';
import { Timestamp } from './chat-message.ts';
import { Id } from './ids.ts';
import { JsonValue } from './json-value.ts';
import { Participant } from './participants.ts';

export const ChannelName = z.enum(['human', 'agents']);
export type ChannelName = z.infer<typeof ChannelName>;

/** The kind of event: `order_created`, `order.created`. A part of the routing key in RabbitMQ. */
export const EventType = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9][\w.:-]*$/, 'an event type has letters, digits, "_", ".", ":", "-" only');

/** Something that happened, published on a named channel. `id` is its idempotency key. */
export const ChannelEvent = z.object({
  id: Id,
  type: EventType,
  payload: JsonValue,
});
export type ChannelEvent = z.infer<typeof ChannelEvent>;

/** An event as it is sent and stored: its payload, its publisher, and the message or task that it belongs to. */
export const PublishedEvent = ChannelEvent.extend({
  source: Participant,
  at: Timestamp,
  /** Id of the message or event with which it all began; the same in everything that follows from it. */
  correlationId: Id.optional(),
  /** Id of the message or event that brought this one about. */
  causationId: Id.optional(),
});
export type PublishedEvent = z.infer<typeof PublishedEvent>;
