import type { RouteHandlers } from '../http/serve-routes.ts';
import type { ServerServices } from '../server-services.ts';
import { mayRead } from './event-owner.ts';
import { ORDER_BEGINS, orderOfThread } from './order-of-thread.ts';

/** What is in the log of the channels: operators see all, others what they began themselves. */
export function channelRoutes({ store: { events } }: ServerServices) {
  return {
    async events({ input: { before, ...query }, user }) {
      return { events: await events.list({ ...query, ...mayRead(user), beforeNumber: before }) };
    },
    async orders({ input: { before, limit }, user }) {
      const threads = await events.listThreads({
        type: ORDER_BEGINS,
        ...mayRead(user),
        beforeNumber: before,
        // One more tells whether there are more.
        limit: limit + 1,
      });
      return { orders: threads.slice(0, limit).map(orderOfThread), hasMore: threads.length > limit };
    },
  } satisfies Partial<RouteHandlers>;
}
