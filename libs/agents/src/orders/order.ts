import { Id } from '@parley/shared-models';
import { z } from 'zod';
import { Customer, type OrderRequested } from './order-events.ts';

/** requested → created → notified. A state is never left backwards. */
export const OrderState = z.enum(['requested', 'created', 'notified']);
export type OrderState = z.infer<typeof OrderState>;

export const Order = z.object({
  id: Id,
  product: z.string(),
  quantity: z.number().int().positive(),
  customer: Customer,
  state: OrderState,
  /** ISO 8601. */
  requestedAt: z.string(),
});
export type Order = z.infer<typeof Order>;

/** Transitions of an order. */
export type OrderStep = 'create' | 'notify';

const NEXT: Readonly<Record<OrderState, Partial<Record<OrderStep, OrderState>>>> = {
  requested: { create: 'created' },
  created: { notify: 'notified' },
  notified: {},
};

/** The order after the step; unchanged where the step was taken before or does not fit its state. */
export function advance(order: Order, step: OrderStep): Order {
  const state = NEXT[order.state][step];
  return state === undefined ? order : { ...order, state };
}

export function requestedOrder(
  id: string,
  { product, quantity }: OrderRequested,
  customer: Customer,
  requestedAt: string,
): Order {
  return { id, product, quantity, customer, state: 'requested', requestedAt };
}

/** `2 × Laptop` */
export const describeOrder = ({ product, quantity }: Pick<Order, 'product' | 'quantity'>): string =>
  `${quantity} × ${product}`;
