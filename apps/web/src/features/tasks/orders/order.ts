import type { EventThreadPage, PublishedEvent } from '@parley/shared-models';
import { z } from 'zod';

/** The events that orders are made of. */
export const ORDER_EVENT_TYPES = ['order_requested', 'order_created', 'notification'] as const;

/** Events say how far an order is: requested, in the books, the customer informed. */
export type OrderProgress = 'requested' | 'created' | 'notified';

/** An order as its events tell it. */
export interface Order {
  /** The id of the message or event that it began with; all its events have it. */
  readonly correlationId: string;
  /** `2 × Laptop`; undefined when no event says it. */
  readonly what: string | undefined;
  readonly customer: string;
  readonly state: OrderProgress;
  /** Of its first event. */
  readonly at: string;
}

const Wanted = z.object({
  product: z.string(),
  quantity: z.number(),
  customer: z.object({ name: z.string() }).optional(),
});

/** The order that these events are about, oldest first; undefined when it is something else. */
export function orderOf(correlationId: string, events: readonly PublishedEvent[]): Order | undefined {
  const [first] = events;
  const types = new Set(events.map(({ type }) => type));
  if (first === undefined || !(types.has('order_requested') || types.has('order_created'))) return undefined;
  // The later event knows more: to whom the order goes.
  const wanted = events
    .map(({ payload }) => Wanted.safeParse(payload))
    .findLast(({ success }) => success)?.data;
  return {
    correlationId,
    what: wanted && `${wanted.quantity} × ${wanted.product}`,
    customer: wanted?.customer?.name ?? first.source.name,
    state: types.has('notification') ? 'notified' : types.has('order_created') ? 'created' : 'requested',
    at: first.at,
  };
}

export interface OrderPage {
  readonly orders: readonly (Order & { readonly number: number })[];
  readonly hasMore: boolean;
}

/** The orders in a page of the threads that begin with the first of `ORDER_EVENT_TYPES`. */
export function ordersOf({ threads, hasMore }: EventThreadPage): OrderPage {
  const orders = threads.flatMap((thread) => {
    const events = thread.map(({ event }) => event);
    const [first] = thread;
    const order = first && orderOf(first.event.correlationId ?? first.event.id, events);
    return first === undefined || order === undefined ? [] : [{ ...order, number: first.number }];
  });
  return { orders, hasMore };
}

export const describeOrderState = (state: OrderProgress): string =>
  ({ requested: 'requested', created: 'created', notified: 'created, customer told' })[state];
