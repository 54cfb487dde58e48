import { describe, expect, it } from '@jest/globals';
import type { ChannelLogEntry } from '@parley/client';
import { type JsonValue, newId } from '@parley/shared-models';
import { ordersOf } from './order.ts';

let number = 0;
const entry = (type: string, correlationId: string, payload: JsonValue): ChannelLogEntry => {
  number += 1;
  return {
    number,
    channel: 'agents',
    event: {
      id: newId(),
      type,
      payload,
      correlationId,
      source: { kind: 'agent', id: 'coordinator', name: 'Coordinator' },
      at: new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString(),
    },
  };
};
const laptop = { product: 'Laptop', quantity: 2, customer: { id: 'ada', name: 'Ada' } };

describe('the orders in a list of events', () => {
  it('are one for all events that began with the same, in the state of the furthest one', () => {
    const [one, other] = [newId(), newId()];
    const orders = ordersOf([
      entry('order_requested', one, laptop),
      entry('order_requested', one, laptop),
      entry('order_created', one, { ...laptop, orderId: newId() }),
      entry('order_requested', other, { product: 'Chair', quantity: 1 }),
      entry('notification', one, { message: 'created', orderId: newId() }),
    ]);
    expect(orders).toMatchObject([
      { correlationId: other, what: '1 × Chair', customer: 'Coordinator', state: 'requested' },
      { correlationId: one, what: '2 × Laptop', customer: 'Ada', state: 'notified' },
    ]);
  });

  it('are shown even where nobody can read what was ordered', () => {
    expect(ordersOf([entry('order_requested', newId(), { product: 'Unicorn' })])).toMatchObject([
      { what: undefined, state: 'requested' },
    ]);
  });

  it('leave out events that are about something else', () => {
    expect(
      ordersOf([entry('notification', newId(), { message: 'hello' }), entry('tick', newId(), 1)]),
    ).toEqual([]);
  });
});
