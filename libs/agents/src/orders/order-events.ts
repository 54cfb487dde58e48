import type { EventSchemas } from '@parley/agent-kit';
import { Id, shownName } from '@parley/shared-models';
import { z } from 'zod';

/** Whom an order is for. */
export const Customer = z.object({
  id: z.string().min(1).max(128),
  name: shownName(128).min(1),
  /** @default none; the mail then goes to an address made of the id */
  email: z.email().optional(),
});
export type Customer = z.infer<typeof Customer>;

/** `order_requested`: somebody wants something. */
export const OrderRequested = z.object({
  product: shownName(200).trim().min(1),
  quantity: z.number().int().min(1).max(10_000),
  /** For agents only: an event that a person publishes is for that person. @default the event's publisher */
  customer: Customer.optional(),
});
export type OrderRequested = z.infer<typeof OrderRequested>;

/** `order_created`: the order is in the books. */
export const OrderCreated = OrderRequested.extend({ orderId: Id, customer: Customer });
export type OrderCreated = z.infer<typeof OrderCreated>;

/** `notification`: something that the person is told. */
export const Notification = z.object({ message: z.string().min(1).max(2000), orderId: Id });
export type Notification = z.infer<typeof Notification>;

export const ORDER_EVENTS = {
  order_requested: OrderRequested,
  order_created: OrderCreated,
  notification: Notification,
} satisfies EventSchemas;
