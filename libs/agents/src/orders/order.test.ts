import { describe, expect, it } from '@jest/globals';
import { advance, type Order, type OrderState, type OrderStep } from './order.ts';

const order = (state: OrderState): Order => ({
  id: '019c1234-5678-7abc-8def-0123456789ab',
  product: 'Laptop',
  quantity: 1,
  customer: { id: 'ada', name: 'Ada' },
  state,
  requestedAt: '2026-01-31T09:30:00.000Z',
});

describe('an order', () => {
  const table: readonly [OrderState, OrderStep, OrderState][] = [
    ['requested', 'create', 'created'],
    ['requested', 'notify', 'requested'],
    ['created', 'create', 'created'],
    ['created', 'notify', 'notified'],
    ['notified', 'create', 'notified'],
    ['notified', 'notify', 'notified'],
  ];
  it.each(table)('that is %s is, after the step %s, %s', (state, step, next) => {
    expect(advance(order(state), step)).toEqual(order(next));
  });
});
