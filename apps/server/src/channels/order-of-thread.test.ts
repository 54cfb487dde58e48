import { describe, expect, it } from '@jest/globals';
import { type JsonValue, newId } from '@parley/shared-models';
import type { LoggedEvent } from '@parley/store';
import { orderOfThread } from './order-of-thread.ts';

const correlationId = newId();
const threadOf = (...given: [type: string, payload: JsonValue][]) => {
  const events = given.map(
    ([type, payload], index): LoggedEvent => ({
      number: 7 + index,
      channel: 'human',
      event: {
        id: newId(),
        type,
        payload,
        correlationId,
        source: { kind: 'agent', id: 'coordinator', name: 'Coordinator' },
        at: `2026-01-31T09:30:0${index}.000Z`,
      },
    }),
  );
  const [first] = events;
  if (first === undefined) throw new Error('a thread has a first event');
  return { first, events };
};
const laptop = { product: 'Laptop', quantity: 2 };
const adas = { ...laptop, customer: { id: 'ada', name: 'Ada' } };
const orderId = newId();

describe('the order that events tell of', () => {
  it('has its first event, what the latest says about it, and the state of the furthest', () => {
    const order = orderOfThread(
      threadOf(
        ['order_requested', laptop],
        ['order_requested', adas],
        ['order_created', { ...adas, orderId }],
        ['notification', { message: 'created', orderId }],
      ),
    );
    expect(order).toEqual({
      number: 7,
      correlationId,
      ...laptop,
      customer: 'Ada',
      state: 'notified',
      at: '2026-01-31T09:30:00.000Z',
    });
  });

  it('is created once it is in the books, and requested before', () => {
    expect(orderOfThread(threadOf(['order_requested', adas], ['order_created', adas])).state).toBe('created');
    expect(orderOfThread(threadOf(['order_requested', adas])).state).toBe('requested');
  });

  it('is there even where nobody can read what was ordered', () => {
    const order = orderOfThread(threadOf(['order_requested', { product: 'Unicorn' }]));
    expect(order).toMatchObject({ customer: 'Coordinator', state: 'requested' });
    expect(order.product).toBeUndefined();
  });
});
