import { createClient } from '@parley/client';
import type { Logger, RunningProcess } from '@parley/process-kit';
import { WebSocket } from 'ws';
import { createBridge } from './bridge.ts';
import type { GatewayConfig } from './config.ts';
import { externalAddress } from './external-address.ts';

/** Joins the external server to Parley, and stays joined to both. */
export function startGateway(
  config: Omit<GatewayConfig, 'LOG_LEVEL' | 'DRAIN_TIMEOUT_MS'>,
  { logger }: { logger: Logger },
): RunningProcess {
  const address = externalAddress(config.EXTERNAL_WS_URL, config.EXTERNAL_WS_USER_ID);
  const client = createClient({
    url: `${config.PARLEY_URL.replace(/^http/, 'ws').replace(/\/+$/, '')}/ws`,
    clientName: `gateway to ${address.shown}`.slice(0, 100),
    webSocket: WebSocket,
    ...(config.PARLEY_TOKEN === undefined ? {} : { token: config.PARLEY_TOKEN }),
  });
  const bridge = createBridge({ config, address, client, logger });
  const ended = Promise.withResolvers<never>();
  // Nobody need look at it.
  ended.promise.catch(() => undefined);

  client.on('connection', (state) => {
    if (state.state === 'open') logger.info({ external: address.shown }, 'joined to Parley');
    else if (state.state === 'waiting') logger.warn({ why: state.message }, 'Parley is away; trying again');
    else if (state.state === 'closed' && state.reason !== 'closed') {
      const why = state.message ? `: ${state.message}` : '';
      const advice =
        state.reason === 'unauthenticated' ? '; set PARLEY_TOKEN to one with the role operator' : '';
      ended.reject(new Error(`Parley ended the gateway's connection (${state.reason})${why}${advice}`));
    }
  });
  client.connect();

  let stopping: Promise<void> | undefined;
  return {
    ended: ended.promise,
    drain: bridge.drain,
    stop() {
      stopping ??= (async () => {
        await bridge.stop();
        await client.close();
      })();
      return stopping;
    },
  };
}
