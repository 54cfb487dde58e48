import { LIMITS } from '@parley/shared-models';
import type { RouteHandlers } from '../http/serve-routes.ts';
import type { ServerServices } from '../server-services.ts';
import { mayRead } from './event-owner.ts';

/** The log of the channels: operators see all events, others those that they began themselves. */
export function channelRoutes({ store }: ServerServices) {
  return {
    async events({ input: { before, ...query }, user }) {
      return { events: await store.events.list({ ...query, ...mayRead(user), beforeNumber: before }) };
    },
    async eventThreads({ input: { type, before, limit }, user }) {
      // One more tells whether there are more.
      const query = { type, ...mayRead(user), beforeNumber: before, limit: limit + 1 };
      const threads = await store.events.listThreads(query);
      return {
        threads: threads.slice(0, limit).map(({ events }) => events.slice(0, LIMITS.threadEvents)),
        hasMore: threads.length > limit,
      };
    },
  } satisfies Partial<RouteHandlers>;
}
