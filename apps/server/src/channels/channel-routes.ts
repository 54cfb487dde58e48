import { LIMITS, type LogEntry } from '@parley/shared-models';
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
      const { ownerId } = mayRead(user);
      // One more tells whether there are more.
      const found = await store.events.listThreads({ type, ownerId, beforeNumber: before, limit: limit + 1 });
      const threads: LogEntry[][] = [];
      let length = 0;
      for (const { first, events } of found.slice(0, limit)) {
        const effects = events.filter(
          (event) => event.number !== first.number && (ownerId === undefined || event.ownerId === ownerId),
        );
        const thread = [first, ...effects.slice(1 - LIMITS.threadEvents)];
        length += JSON.stringify(thread).length;
        const isTooLong = length > LIMITS.eventThreadsLength;
        if (isTooLong && threads.length > 0) break;
        threads.push(isTooLong ? [first] : thread);
      }
      return { threads, hasMore: threads.length < found.length };
    },
  } satisfies Partial<RouteHandlers>;
}
