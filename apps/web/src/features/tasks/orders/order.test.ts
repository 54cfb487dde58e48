import { describe, expect, it } from '@jest/globals';
import { type JsonValue, newId, type PublishedEvent } from '@parley/shared-models';
import { orderOf, ordersOf } from './order.ts';

const correlationId = newId();
const event = (type: string, payload: JsonValue): PublishedEvent => ({
  id: newId(),
  type,
  payload,
  correlationId,
  source: { kind: 'agent', id: 'coordinator', name: 'Coordinator' },
  at: '2026-01-31T09:30:00.000Z',
});
const laptop = { product: 'Laptop', quantity: 2, customer: { id: 'ada', name: 'Ada' } };

describe('the order in a timeline', () => {
  it('is in the state of its furthest event', () => {
    const events = [
      event('order_requested', laptop),
      event('order_created', { ...laptop, orderId: newId() }),
      event('notification', { message: 'created', orderId: newId() }),
    ];
    expect(orderOf(correlationId, events)).toMatchObject({
      correlationId,
      what: '2 × Laptop',
      customer: 'Ada',
      state: 'notified',
    });
    expect(orderOf(correlationId, events.slice(0, 2))?.state).toBe('created');
    expect(orderOf(correlationId, events.slice(0, 1))?.state).toBe('requested');
  });

  it('is there even where nobody can read what was ordered', () => {
    expect(orderOf(correlationId, [event('order_requested', { product: 'Unicorn' })])).toMatchObject({
      what: undefined,
      state: 'requested',
    });
  });

  it('is not there when the events are about something else', () => {
    expect(orderOf(correlationId, [event('notification', { message: 'hello' })])).toBeUndefined();
    expect(orderOf(correlationId, [])).toBeUndefined();
  });
});

describe('the list of orders', () => {
  const thread = (number: number, ...events: PublishedEvent[]) =>
    events.map((each, index) => ({ number: number + index, channel: 'human' as const, event: each }));

  it('has an order for each thread, with the number of its first event', () => {
    const asked = event('order_requested', { product: 'Laptop', quantity: 2 });
    const threads = [
      thread(7, asked, event('order_created', laptop)),
      thread(3, event('order_requested', { product: 'Unicorn' })),
      thread(2, event('note', 'something else')),
      [],
    ];
    expect(ordersOf({ threads, hasMore: true })).toEqual({
      orders: [
        { correlationId, number: 7, what: '2 × Laptop', customer: 'Ada', state: 'created', at: asked.at },
        {
          correlationId,
          number: 3,
          what: undefined,
          customer: 'Coordinator',
          state: 'requested',
          at: asked.at,
        },
      ],
      hasMore: true,
    });
  });
});
