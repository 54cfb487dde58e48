import { LIMITS, OrderPage } from '@parley/shared-models';
import { z } from 'zod';
import type { App } from '../http/create-app.ts';
import type { ServerServices } from '../server-services.ts';
import { mayRead } from './event-owner.ts';
import { ORDER_BEGINS, orderOfThread } from './order-of-thread.ts';

/** `GET /api/orders`: operators see all, others their own. */
export function registerOrderRoutes(app: App, { store }: ServerServices): void {
  app.get(
    '/api/orders',
    {
      config: { action: 'orders.read' },
      schema: {
        tags: ['orders'],
        querystring: z.object({
          /** Only orders with a smaller `number`. */
          before: z.coerce.number().int().positive().optional(),
          limit: z.coerce.number().int().min(1).max(LIMITS.ordersPage).default(50),
        }),
        response: { 200: OrderPage },
      },
    },
    async ({ query: { before, limit }, user }) => {
      const threads = await store.events.listThreads({
        type: ORDER_BEGINS,
        ...mayRead(user),
        beforeNumber: before,
        // One more tells whether there are more.
        limit: limit + 1,
      });
      return { orders: threads.slice(0, limit).map(orderOfThread), hasMore: threads.length > limit };
    },
  );
}
