import { HealthReport } from '@parley/shared-models';
import type { ServerServices } from '../../server-services.ts';
import { VERSION } from '../../version.ts';
import type { App } from '../create-app.ts';

/** `GET /health`: what state everything is in. `GET /ready`: whether a message sent now would be answered. */
export function registerHealthRoutes(app: App, services: ServerServices, isDraining: () => boolean): void {
  app.get(
    '/health',
    {
      config: { action: 'public' },
      schema: { tags: ['operation'], response: { 200: HealthReport, 503: HealthReport } },
    },
    async (_request, reply) => {
      const report = await healthOf(services);
      return reply.status(report.status === 'ok' ? 200 : 503).send(report);
    },
  );

  app.get(
    '/ready',
    {
      config: { action: 'public' },
      schema: { tags: ['operation'], response: { 200: HealthReport, 503: HealthReport } },
    },
    async (_request, reply) => {
      const report = await healthOf(services);
      const isReady = report.status === 'ok' && report.brokers > 0 && !isDraining();
      return reply.status(isReady ? 200 : 503).send(report);
    },
  );
}

async function healthOf({ bus, store, agents, brokers, startedAt }: ServerServices): Promise<HealthReport> {
  const queue = { kind: bus.kind, ...bus.health() };
  let storeHealth: HealthReport['store'] = { kind: store.kind, state: 'up' };
  try {
    await store.check();
  } catch (error) {
    storeHealth = {
      kind: store.kind,
      state: 'down',
      reason: error instanceof Error ? error.message : String(error),
    };
  }
  const list = agents.list();
  return {
    status: queue.state === 'up' && storeHealth.state === 'up' ? 'ok' : 'degraded',
    queue,
    store: storeHealth,
    brokers: brokers.connected().length,
    agents: { online: list.filter((agent) => agent.state === 'online').length, known: list.length },
    uptimeSeconds: Math.round((Date.now() - startedAt) / 1000),
    version: VERSION,
  };
}
