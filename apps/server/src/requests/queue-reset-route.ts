import { QueuesReset } from '@parley/shared-models';
import { z } from 'zod';
import type { App } from '../http/create-app.ts';
import type { ServerServices } from '../server-services.ts';
import { resetQueues } from './reset-queues.ts';

/** `POST /api/queues/reset`; `GET /api/queues` says before how many messages would go. */
export function registerQueueResetRoute(app: App, services: ServerServices): void {
  app.post(
    '/api/queues/reset',
    {
      config: { action: 'queues.reset' },
      schema: {
        tags: ['operation'],
        body: z.object({ confirm: z.literal(true) }),
        response: { 200: QueuesReset },
      },
    },
    ({ user, ip }) => resetQueues(services, { user, remoteAddress: ip }),
  );
}
