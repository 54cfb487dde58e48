import { ExternalStatusReport, SendToExternal, SentToExternal } from '@parley/shared-models';
import type { App } from '../http/create-app.ts';
import type { ServerServices } from '../server-services.ts';
import { LOCAL_USER } from '../users/local-user.ts';
import { requireRole } from '../users/require-role.ts';

/** `GET /external-status` and `POST /send-to-external`. */
export function registerExternalRoutes(app: App, { gateways, logger }: ServerServices): void {
  app.get(
    '/external-status',
    { schema: { tags: ['operation'], response: { 200: ExternalStatusReport } } },
    async () => ({ gateways: gateways.list() }),
  );
  app.post(
    '/send-to-external',
    { schema: { tags: ['operation'], body: SendToExternal, response: { 200: SentToExternal } } },
    async ({ body }) => {
      requireRole(LOCAL_USER, 'operator');
      const sent = await gateways.send(body);
      logger.info({ ...sent, userId: LOCAL_USER.id }, 'an operator sent to an external server');
      return sent;
    },
  );
}
