import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, type OrderSummary, type PublishedEvent } from '@parley/shared-models';
import { createHttpApi } from './http.ts';

const event: PublishedEvent = {
  id: newId(),
  type: 'order_created',
  payload: { product: 'Laptop' },
  source: { kind: 'agent', id: 'orders', name: 'Orders' },
  at: '2026-01-31T09:30:00.000Z',
  correlationId: newId(),
};

const order: OrderSummary = {
  number: 7,
  correlationId: newId(),
  product: 'Laptop',
  quantity: 1,
  customer: 'Ada',
  state: 'created',
  at: '2026-01-31T09:30:00.000Z',
};

describe('the events of the channels', () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const isOrders = request.url?.startsWith('/api/orders');
    response.end(
      JSON.stringify(
        isOrders ? { orders: [order], hasMore: true } : { events: [{ number: 7, channel: 'agents', event }] },
      ),
    );
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('are asked for by channel, types and what they began with', async () => {
    const api = createHttpApi({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const correlationId = newId();
    const events = await api.events({
      channel: 'agents',
      types: ['order_requested', 'order_created'],
      correlationId,
      limit: 5,
    });
    expect(events).toEqual([{ number: 7, channel: 'agents', event }]);
    const { searchParams } = new URL(asked[0] ?? '', 'http://parley');
    expect(Object.fromEntries(searchParams)).toEqual({
      channel: 'agents',
      types: 'order_requested,order_created',
      correlationId,
      limit: '5',
    });
  });

  it('are asked for as orders, page by page', async () => {
    const api = createHttpApi({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    expect(await api.orders({ before: 9, limit: 5 })).toEqual({ orders: [order], hasMore: true });
    expect(asked.at(-1)).toBe('/api/orders?before=9&limit=5');
  });
});
