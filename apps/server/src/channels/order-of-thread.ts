import type { OrderSummary } from '@parley/shared-models';
import type { EventThread } from '@parley/store';
import { z } from 'zod';

/** The event with which each order begins. */
export const ORDER_BEGINS = 'order_requested';

const Wanted = z.object({
  product: z.string(),
  quantity: z.number(),
  customer: z.object({ name: z.string() }).optional(),
});

/** An order as its events tell it. The later event knows more: to whom it goes, for example. */
export function orderOfThread({ first: { number, event: first }, events }: EventThread): OrderSummary {
  const types = new Set(events.map(({ event }) => event.type));
  const wanted = events
    .map(({ event }) => Wanted.safeParse(event.payload))
    .findLast(({ success }) => success)?.data;
  return {
    number,
    correlationId: first.correlationId ?? first.id,
    ...(wanted === undefined ? {} : { product: wanted.product, quantity: wanted.quantity }),
    customer: wanted?.customer?.name ?? first.source.name,
    state: types.has('notification') ? 'notified' : types.has('order_created') ? 'created' : 'requested',
    at: first.at,
  };
}
