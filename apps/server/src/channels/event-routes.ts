import { ChannelName, EventPage, Id, LIMITS } from '@parley/shared-models';
import { z } from 'zod';
import type { App } from '../http/create-app.ts';
import type { ServerServices } from '../server-services.ts';
import { mayRead } from './event-owner.ts';

/** `GET /api/events`: the log of the channels. Operators see all, others what they began themselves. */
export function registerEventRoutes(app: App, { store }: ServerServices): void {
  app.get(
    '/api/events',
    {
      config: { action: 'channels.read' },
      schema: {
        tags: ['channels'],
        querystring: z.object({
          channel: ChannelName.optional(),
          /** Separated by commas. */
          types: z
            .string()
            .max(2000)
            .transform((list) => list.split(','))
            .optional(),
          correlationId: Id.optional(),
          before: z.coerce.number().int().positive().optional(),
          limit: z.coerce.number().int().min(1).max(LIMITS.eventsPage).default(100),
        }),
        response: { 200: EventPage },
      },
    },
    async ({ query, user }) => {
      const { before, ...rest } = query;
      return { events: await store.events.list({ ...rest, ...mayRead(user), beforeNumber: before }) };
    },
  );
}
