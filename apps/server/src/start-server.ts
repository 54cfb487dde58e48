import { type ControlPlaneServer, createCredentials, startControlPlaneServer } from '@parley/control-plane';
import { type MessageBus, retryWhileUnavailable, type Subscription } from '@parley/messaging';
import { type Logger, type RunningProcess, serverTls } from '@parley/process-kit';
import { DEAD_LETTER_QUEUE, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import type { Store } from '@parley/store';
import { type AgentHost, createAgentHost } from './agents/host/agent-host.ts';
import { startLeaseWatch } from './agents/lease-watch.ts';
import { refusedCall } from './audit/refusals.ts';
import { startChannelLog } from './channels/start-channel-log.ts';
import type { ServerConfig } from './config.ts';
import { createConnectionLimits } from './connections/connection-limits.ts';
import { createServices } from './create-services.ts';
import { createControlPlaneHandlers } from './grpc/control-plane-handlers.ts';
import { type App, createApp } from './http/create-app.ts';
import { registerRoutes } from './http/register-routes.ts';
import { startRetention } from './limits/retention.ts';
import { startAnswerWatch } from './requests/answer-watch.ts';
import { applyEvent } from './requests/apply-event.ts';
import { createDeadLetterHandler } from './requests/dead-letters.ts';
import { createServerInputHandler } from './requests/server-input-queue.ts';
import type { ServerServices } from './server-services.ts';

export interface RunningServer extends RunningProcess {
  /** `http://host:port` */
  readonly url: string;
  readonly port: number;
  readonly grpcPort: number;
  /** The token that lets in a caller of unknown account where nobody signs in; undefined where no token is needed. */
  readonly accessToken: string | undefined;
}

/** Deliveries of `server_input_queue` in hand at most. */
const SERVER_PREFETCH = 512;
const DEAD_LETTER_PREFETCH = 16;

/**
 * Starts HTTP, WebSocket and gRPC, and takes from `server_input_queue`. Bus and store belong to the caller, who
 * closes them after `stop`.
 * @throws Error with code `EADDRINUSE` when a port is taken
 */
export async function startServer(
  config: ServerConfig,
  ports: { bus: MessageBus; store: Store; logger: Logger },
): Promise<RunningServer> {
  const { bus, store, logger } = ports;
  const { services, stop: stopServices } = await createServices(config, ports);
  const { agents, relay, eventRelay } = services;
  // A store that is away is waited for, as the queue is; without it the server knows nothing that it could serve.
  const load = async (): Promise<void> => {
    await agents.load();
    await services.revokedTokens.load();
  };
  await retryWhileUnavailable(load, { signal: new AbortController().signal, logger });

  const app = await createApp(config, logger, services.authenticator, services);
  let isDraining = false;
  const connections = await registerRoutes(app, services, () => isDraining);

  const { controlPlane, agentHost } = await openPorts(app, services).catch(async (error: unknown) => {
    await stopServices();
    throw error;
  });
  controlPlane.setServing(bus.health().state !== 'down');
  const stopWatchingBus = bus.onHealth((health) => {
    logger.info(health, `the queue is ${health.state}`);
    controlPlane.setServing(health.state !== 'down');
  });

  // A queue that is away must not keep the ports closed: `/health` and `/ready` tell about it from the start.
  const input = createServerInputHandler(services);
  const subscriptions: Pick<Subscription, 'close'>[] = [];
  const stopped = new AbortController();
  retryWhileUnavailable(() => declareQueues(services), { signal: stopped.signal, logger }).catch(
    (err: unknown) => {
      if (!stopped.signal.aborted) logger.error({ err }, 'the queues of known agents could not be made');
    },
  );
  subscriptions.push(
    await bus.consume(SERVER_INPUT_QUEUE, input.handle, {
      prefetch: SERVER_PREFETCH,
      // A decision takes the request out of the outbox: from then on only the queue can bring it back.
      onlyDurable: true,
    }),
  );
  subscriptions.push(
    await bus.consume(DEAD_LETTER_QUEUE, createDeadLetterHandler(services), {
      prefetch: DEAD_LETTER_PREFETCH,
    }),
  );
  subscriptions.push(startChannelLog(services));
  services.commandService.start();
  services.agentExchange.start();
  relay.start();
  eventRelay.start();
  const retention = startRetention(config, { retention: store.retention, logger });
  const leases = startLeaseWatch({
    registry: agents,
    bus,
    store,
    async routeAgain(requestId, agentId) {
      const { outcome } = await applyEvent(services, { type: 'agent-gone', requestId, agentId });
      return outcome === 'done';
    },
    logger,
    heartbeatMs: config.HEARTBEAT_MS,
    graceMs: config.AGENT_GRACE_MS,
    forgetMs: config.AGENT_FORGET_MS,
  });
  const answers = startAnswerWatch(services);

  const port = portOf(app.server.address());
  const url = `http://${config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST}:${port}`;
  logger.info({ url, grpcPort: controlPlane.port, queue: bus.kind, store: store.kind }, 'serving');

  let stopping: Promise<void> | undefined;
  return {
    url,
    port,
    grpcPort: controlPlane.port,
    accessToken: services.localAccess?.token,
    async drain(timeoutMs) {
      controlPlane.setServing(false);
      isDraining = true;
      const until = performance.now() + timeoutMs;
      await Promise.all([connections.drain(timeoutMs), agentHost.drain(timeoutMs)]);
      const restMs = Math.max(0, until - performance.now());
      await Promise.all(subscriptions.map((subscription) => subscription.close({ timeoutMs: restMs })));
    },
    stop() {
      stopping ??= (async () => {
        stopWatchingBus();
        stopped.abort();
        input.abandon();
        await Promise.all([leases.stop(), answers.stop(), retention.stop()]);
        await Promise.all(subscriptions.map((subscription) => subscription.close({ timeoutMs: 0 })));
        await app.close();
        await controlPlane.stop();
        await agentHost.stop();
        await services.queueMembers.stop();
        await stopServices();
      })();
      return stopping;
    },
  };
}

/** @throws Error with code `EADDRINUSE` when one is taken; then nothing is left open */
async function openPorts(
  app: App,
  services: ServerServices,
): Promise<{ controlPlane: ControlPlaneServer; agentHost: AgentHost }> {
  const { config, logger, bus, authenticator } = services;
  const handlers = createControlPlaneHandlers(services);
  const agentHost = createAgentHost({ bus, handlers, peopleSignIn: authenticator.isRequired, logger });
  const limits = createConnectionLimits(config.CONNECTIONS_PER_ADDRESS);
  let controlPlane: ControlPlaneServer | undefined;
  try {
    const key = await services.store.secrets.getOrCreate('agent-credentials');
    controlPlane = await startControlPlaneServer({
      host: config.HOST,
      port: config.GRPC_PORT,
      handlers: { ...handlers, work: agentHost.work },
      joinToken: config.JOIN_TOKEN ?? services.localAccess?.token,
      isTrusted: config.JOIN_TOKEN === undefined ? services.localAccess?.isOwn : undefined,
      isRevoked: services.revokedTokens.has,
      credentials: createCredentials(key),
      admit(socket) {
        const admission = limits.admit(socket.remoteAddress ?? '', () => socket.destroy());
        if (admission !== undefined) socket.on('close', () => admission.end());
        return admission === undefined ? undefined : () => admission.hold();
      },
      onRefused: (refused) => services.audit.enterRefusal(refusedCall(refused)),
      tls: serverTls(config),
      logger,
      keepaliveMs: Math.max(1_000, config.HEARTBEAT_MS),
      // Longer than a lease: an agent whose connection is silent and open stands still, one whose connection ends has died.
      keepaliveTimeoutMs: Math.max(5_000, 2 * config.HEARTBEAT_MS),
    });
    await app.listen({ host: config.HOST, port: config.PORT });
    return { controlPlane, agentHost };
  } catch (error) {
    await controlPlane?.stop();
    await agentHost.stop();
    await app.close();
    throw error;
  }
}

/** Their queues may be gone, where RabbitMQ has lost its disk, and hold the messages routed to them. */
async function declareQueues({ agents, bus }: ServerServices): Promise<void> {
  await Promise.all(agents.list().map(({ agentId }) => bus.declareAgentQueue(agentId)));
}

function portOf(address: ReturnType<import('node:net').Server['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address.port;
}
