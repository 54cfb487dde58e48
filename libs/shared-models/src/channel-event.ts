import { z } from 'zod';
import { JsonValue } from './json-value.ts';

export const ChannelName = z.enum(['human', 'agents']);
export type ChannelName = z.infer<typeof ChannelName>;

/** Something that happened, published on a named channel. `id` is its idempotency key. */
export const ChannelEvent = z.object({
  id: z.uuid(),
  type: z.string().min(1).max(100),
  payload: JsonValue,
});
export type ChannelEvent = z.infer<typeof ChannelEvent>;
