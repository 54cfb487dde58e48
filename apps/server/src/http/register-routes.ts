import { registerAuditRoutes } from '../audit/audit-routes.ts';
import { registerEventRoutes } from '../channels/event-routes.ts';
import { registerOrderRoutes } from '../channels/order-routes.ts';
import { registerCommandRoutes } from '../commands/command-routes.ts';
import { registerExternalRoutes } from '../external/external-routes.ts';
import { registerQueueResetRoute } from '../requests/queue-reset-route.ts';
import type { ServerServices } from '../server-services.ts';
import { registerTaskRoutes } from '../tasks/task-routes.ts';
import { registerRevocationRoute } from '../tokens/revocation-route.ts';
import { type Connections, registerWebSocketRoute } from '../websocket/websocket-route.ts';
import type { App } from './create-app.ts';
import { registerAgentRoutes } from './routes/agent-routes.ts';
import { registerConversationRoutes } from './routes/conversation-routes.ts';
import { registerDeadLetterRoutes } from './routes/dead-letter-routes.ts';
import { registerHealthRoutes } from './routes/health-routes.ts';
import { registerMetricsRoute } from './routes/metrics-route.ts';
import { registerUserFileRoutes } from './routes/user-file-routes.ts';
import { registerWebApp } from './routes/web-app.ts';

/** Everything that the server answers over HTTP and WebSocket. */
export async function registerRoutes(
  app: App,
  services: ServerServices,
  isDraining: () => boolean,
): Promise<Connections> {
  const connections = registerWebSocketRoute(app, services);
  registerHealthRoutes(app, services, isDraining);
  registerMetricsRoute(app, services, connections);
  registerAgentRoutes(app, services);
  registerConversationRoutes(app, services);
  registerDeadLetterRoutes(app, services);
  registerExternalRoutes(app, services);
  registerUserFileRoutes(app, services);
  registerEventRoutes(app, services);
  registerOrderRoutes(app, services);
  registerCommandRoutes(app, services);
  registerAuditRoutes(app, services);
  registerQueueResetRoute(app, services);
  registerRevocationRoute(app, services);
  registerTaskRoutes(app, services);
  await registerWebApp(app, services);
  return connections;
}
