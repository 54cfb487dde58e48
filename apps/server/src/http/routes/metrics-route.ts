import { AgentState } from '@parley/shared-models';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ServerServices } from '../../server-services.ts';
import type { Connections } from '../../websocket/websocket-route.ts';
import type { RouteHandlers } from '../serve-routes.ts';

/** The metrics for Prometheus. All values are looked up at its request; nothing is counted on the way of a message. */
export function metricsRoute(services: ServerServices, connections: Connections) {
  const { agents, brokers, bus } = services;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  new Gauge({
    name: 'parley_websocket_connections',
    help: 'Open WebSocket connections',
    registers: [registry],
    collect() {
      this.set(connections.count);
    },
  });
  new Gauge({
    name: 'parley_brokers_connected',
    help: 'Brokers whose status stream is open',
    registers: [registry],
    collect() {
      this.set(brokers.connected().length);
    },
  });
  new Gauge({
    name: 'parley_agents',
    help: 'Known agents by state',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const states = agents.list().map((agent) => agent.state);
      for (const state of AgentState.options)
        this.set({ state }, states.filter((one) => one === state).length);
    },
  });
  new Gauge({
    name: 'parley_queue_up',
    help: '1 when the queue can be reached and takes messages',
    registers: [registry],
    collect() {
      this.set(bus.health().state === 'up' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'parley_queue_messages_ready',
    help: 'Messages that wait, by queue',
    labelNames: ['queue'],
    registers: [registry],
    async collect() {
      this.reset();
      // Without the queue there is nothing to tell; `parley_queue_up` says so.
      if (bus.health().state === 'down') return;
      for (const { name, ready } of await bus.depths()) this.set({ queue: name }, ready);
    },
  });

  return {
    async metrics({ reply }) {
      return reply.header('content-type', registry.contentType).send(await registry.metrics());
    },
  } satisfies Partial<RouteHandlers>;
}
