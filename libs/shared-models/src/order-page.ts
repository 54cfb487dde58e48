import { z } from 'zod';
import { Timestamp } from './chat-message.ts';
import { Id } from './ids.ts';

/** How far an order is, as its events tell: requested, in the books, the customer told. */
export const OrderProgress = z.enum(['requested', 'created', 'notified']);
export type OrderProgress = z.infer<typeof OrderProgress>;

/** An order in a list. */
export const OrderSummary = z.object({
  /** Of its first event, in the log; a later order has a larger one. */
  number: z.number().int().positive(),
  /** What it began with: id of the message or event. All its events have it. */
  correlationId: Id,
  /** With `quantity`; undefined when no event says it so that it can be read. */
  product: z.string().optional(),
  quantity: z.number().optional(),
  /** Name. */
  customer: z.string(),
  state: OrderProgress,
  /** Of its first event. */
  at: Timestamp,
});
export type OrderSummary = z.infer<typeof OrderSummary>;

/** `GET /api/orders`: newest first. */
export const OrderPage = z.object({
  orders: z.array(OrderSummary),
  /** Whether there are older ones: ask again with `before` set to the last one's `number`. */
  hasMore: z.boolean(),
});
export type OrderPage = z.infer<typeof OrderPage>;
