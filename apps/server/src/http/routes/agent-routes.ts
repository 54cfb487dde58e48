import { AgentStatus, QueueDepth } from '@parley/shared-models';
import { z } from 'zod';
import type { ServerServices } from '../../server-services.ts';
import type { App } from '../create-app.ts';

/** `GET /api/agents` and `GET /api/queues`. */
export function registerAgentRoutes(app: App, { agents, bus }: ServerServices): void {
  app.get(
    '/api/agents',
    {
      config: { action: 'agents.read' },
      schema: { tags: ['agents'], response: { 200: z.object({ agents: z.array(AgentStatus) }) } },
    },
    async () => ({ agents: agents.list() }),
  );
  app.get(
    '/api/queues',
    {
      config: { action: 'queues.read' },
      schema: { tags: ['operation'], response: { 200: z.object({ queues: z.array(QueueDepth) }) } },
    },
    async () => ({ queues: await bus.depths() }),
  );
}
