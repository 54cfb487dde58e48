import { ExternalStatusReport, SendToExternal, SentToExternal } from '@parley/shared-models';
import type { App } from '../http/create-app.ts';
import type { ServerServices } from '../server-services.ts';

/** `GET /external-status` and `POST /send-to-external`. */
export function registerExternalRoutes(app: App, { gateways, logger }: ServerServices): void {
  app.get(
    '/external-status',
    {
      config: { action: 'external.read' },
      schema: { tags: ['operation'], response: { 200: ExternalStatusReport } },
    },
    async () => ({ gateways: gateways.list() }),
  );
  app.post(
    '/send-to-external',
    {
      config: { action: 'external.send' },
      schema: { tags: ['operation'], body: SendToExternal, response: { 200: SentToExternal } },
    },
    async ({ body, user }) => {
      const sent = await gateways.send(body);
      logger.info({ ...sent, userId: user.id }, 'an operator sent to an external server');
      return sent;
    },
  );
}
