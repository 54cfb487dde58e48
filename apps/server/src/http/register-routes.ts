import { auditRoutes } from '../audit/audit-routes.ts';
import { enteredBy } from '../audit/origin.ts';
import { channelRoutes } from '../channels/channel-routes.ts';
import { commandRoutes } from '../commands/command-routes.ts';
import { resetQueues } from '../requests/reset-queues.ts';
import type { ServerServices } from '../server-services.ts';
import { taskRoutes } from '../tasks/task-routes.ts';
import { type Connections, registerWebSocketRoute } from '../websocket/websocket-route.ts';
import type { App } from './create-app.ts';
import { conversationRoutes } from './routes/conversation-routes.ts';
import { deadLetterRoutes } from './routes/dead-letter-routes.ts';
import { healthRoutes } from './routes/health-routes.ts';
import { metricsRoute } from './routes/metrics-route.ts';
import { userFileRoutes } from './routes/user-file-routes.ts';
import { registerWebApp } from './routes/web-app.ts';
import { type RouteHandlers, serveRoutes } from './serve-routes.ts';

/** Everything that the server answers over HTTP and WebSocket. */
export async function registerRoutes(
  app: App,
  services: ServerServices,
  isDraining: () => boolean,
): Promise<Connections> {
  const connections = registerWebSocketRoute(app, services);
  serveRoutes(app, {
    ...healthRoutes(services, isDraining),
    ...metricsRoute(services, connections),
    ...operationRoutes(services),
    ...conversationRoutes(services),
    ...channelRoutes(services),
    ...taskRoutes(services),
    ...commandRoutes(services),
    ...deadLetterRoutes(services),
    ...auditRoutes(services),
    ...userFileRoutes(services),
  });
  await registerWebApp(app, services);
  return connections;
}

function operationRoutes(services: ServerServices) {
  const { agents, bus, gateways, revokedTokens, audit, logger } = services;
  return {
    agents: () => ({ agents: agents.list() }),
    queues: async () => ({ queues: await bus.depths() }),
    resetQueues: ({ origin }) => resetQueues(services, origin),
    async revokeToken({ input: { tokenId }, origin }) {
      await revokedTokens.revoke(tokenId);
      await audit.enter({ ...enteredBy(origin), action: 'token.revoked', subjectId: tokenId, result: 'ok' });
      return { tokenId };
    },
    externalStatus: () => ({ gateways: gateways.list() }),
    async sendToExternal({ input, user }) {
      const sent = await gateways.send(input);
      logger.info({ ...sent, userId: user.id }, 'an operator sent to an external server');
      return sent;
    },
  } satisfies Partial<RouteHandlers>;
}
