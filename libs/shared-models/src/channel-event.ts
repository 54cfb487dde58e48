import { z } from 'zod';
import { JsonValue } from './json-value.ts';

export const ChannelName = z.enum(['human', 'agents']);
export type ChannelName = z.infer<typeof ChannelName>;

/** What happened, as a word: `order_created`, `order.created`. A part of the routing key in RabbitMQ. */
export const EventType = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9][\w.:-]*$/, 'an event type has letters, digits, "_", ".", ":", "-" only');

/** Something that happened, published on a named channel. `id` is its idempotency key. */
export const ChannelEvent = z.object({
  id: z.uuid(),
  type: EventType,
  payload: JsonValue,
});
export type ChannelEvent = z.infer<typeof ChannelEvent>;
