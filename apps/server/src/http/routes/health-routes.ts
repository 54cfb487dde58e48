import type { HealthReport } from '@parley/shared-models';
import type { ServerServices } from '../../server-services.ts';
import { VERSION } from '../../version.ts';
import type { RouteHandlers } from '../serve-routes.ts';

/** The state of the server and its parts. */
export function healthRoutes(services: ServerServices, isDraining: () => boolean) {
  return {
    async health({ reply }) {
      const report = await healthOf(services);
      if (report.status !== 'ok') reply.status(503);
      return report;
    },
    async ready({ reply }) {
      const report = await healthOf(services);
      const isReady = report.status === 'ok' && report.brokers > 0 && !isDraining();
      if (!isReady) reply.status(503);
      return { ...report, isReady };
    },
  } satisfies Partial<RouteHandlers>;
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
