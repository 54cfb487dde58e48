import { startAgent } from '@parley/agent-kit';
import { createAgentDirectory, shippedAgents } from '@parley/agents';
import { startBroker } from '@parley/broker';
import { startGateway } from '@parley/gateway';
import { createLanguageModel } from '@parley/language-model';
import type { MessageBus } from '@parley/messaging';
import { type Logger, ownMemberTls, type RunningProcess } from '@parley/process-kit';
import { hasSignIn, makeOwnToken, type RunningServer, startServer } from '@parley/server';
import type { Store } from '@parley/store';
import type { StandaloneConfig } from './config.ts';

export type RunningStandalone = RunningProcess &
  Pick<RunningServer, 'url' | 'port' | 'grpcPort' | 'accessToken'>;

/**
 * Server, broker and the shipped agents in one process. They talk as they do in separate ones, over the queues and
 * gRPC on loopback: a set-up that works here works when it is taken apart.
 */
export async function startStandalone(
  config: StandaloneConfig,
  ports: { bus: MessageBus; store: Store; createLogger: (service: string) => Logger },
): Promise<RunningStandalone> {
  const { bus, store, createLogger } = ports;
  const server = await startServer(config, { bus, store, logger: createLogger('server') });
  const grpcUrl = `${ownHost(server)}:${server.grpcPort}`;
  const tls = ownMemberTls(config);
  const joinToken = config.JOIN_TOKEN ?? server.accessToken;
  const languageModel = await createLanguageModel(config, { logger: createLogger('language-model') });
  const broker = startBroker(
    { ...config, GRPC_URL: grpcUrl, GRPC_TLS_CA: tls?.ca, JOIN_TOKEN: joinToken },
    { bus, logger: createLogger('broker'), languageModel },
  );
  const logger = createLogger('agent');
  const listAgents = createAgentDirectory({ url: grpcUrl, joinToken, tls, logger });
  const deps = { languageModel, listAgents, config };
  const definitions = await Promise.all(
    Object.values(shippedAgents).flatMap(({ create, instances = 1 }) =>
      Array.from({ length: instances }, () => create(deps)),
    ),
  );
  const agents = definitions.map((definition) =>
    startAgent({
      definition,
      bus,
      grpcUrl,
      joinToken,
      tls,
      logger,
    }),
  );
  // An agent that an operator shuts down leaves; the rest goes on.
  const failures = agents.map(async (agent): Promise<never> => {
    await agent.ended;
    await agent.drain(config.DRAIN_TIMEOUT_MS);
    await agent.stop();
    return new Promise(() => {});
  });
  const { EXTERNAL_WS_URL, AUTH_SECRET: secret } = config;
  const makeToken = secret === undefined ? undefined : () => makeOwnToken(secret, GATEWAY_USER, config);
  const gateways =
    EXTERNAL_WS_URL === undefined
      ? []
      : [
          startGateway(
            {
              ...config,
              EXTERNAL_WS_URL,
              PARLEY_URL: `http://${ownHost(server)}:${server.port}`,
              PARLEY_TOKEN: config.PARLEY_TOKEN ?? (hasSignIn(config) ? undefined : server.accessToken),
            },
            { logger: createLogger('gateway'), makeToken },
          ),
        ];
  // The gateway waits for answers, so it leaves first. Then agents and broker: the server hears of it and hands on
  // their finished work.
  const outsideIn = [...gateways, ...agents, broker, server];
  return {
    url: server.url,
    port: server.port,
    grpcPort: server.grpcPort,
    accessToken: server.accessToken,
    ended: Promise.race([
      ...failures,
      ...[broker, server].flatMap((running) => (running.ended === undefined ? [] : [running.ended])),
    ]),
    async drain(timeoutMs) {
      const until = performance.now() + timeoutMs;
      const restMs = (): number => Math.max(0, until - performance.now());
      await Promise.all(gateways.map((gateway) => gateway.drain(restMs())));
      await Promise.all(agents.map((agent) => agent.drain(restMs())));
      await broker.drain(restMs());
      await server.drain(restMs());
    },
    async stop() {
      for (const running of outsideIn) await running.stop();
    },
  };
}

/** The owner of the gateway's conversations, where it was given no token. */
const GATEWAY_USER = { id: 'parley-gateway', name: 'Gateway' };

/** Where the server is reached from here: one that listens on every address is so on loopback. */
function ownHost({ url }: RunningServer): string {
  const { hostname } = new URL(url);
  return hostname === '0.0.0.0' || hostname === '[::]' ? '127.0.0.1' : hostname;
}
