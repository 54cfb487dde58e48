import { createClient } from '@parley/client';
import type { Logger, RunningProcess } from '@parley/process-kit';
import { WebSocket } from 'ws';
import { createBridge } from './bridge.ts';
import type { GatewayConfig } from './config.ts';
import { externalAddress } from './external-address.ts';
import { stayJoined } from './stay-joined.ts';

export interface GatewayPorts {
  readonly logger: Logger;
  /** Makes a token of the gateway's own, where `PARLEY_TOKEN` is not set. @default no token */
  readonly makeToken?: (() => Promise<string>) | undefined;
}

/** Joins the external server to Parley, and stays joined to both. */
export function startGateway(
  config: Omit<GatewayConfig, 'DATA_DIR' | 'LOG_LEVEL' | 'DRAIN_TIMEOUT_MS'>,
  { logger, makeToken }: GatewayPorts,
): RunningProcess {
  const address = externalAddress(config.EXTERNAL_WS_URL, config.EXTERNAL_WS_USER_ID);
  let token = config.PARLEY_TOKEN;
  const client = createClient({
    url: `${config.PARLEY_URL.replace(/^http/, 'ws').replace(/\/+$/, '')}/ws`,
    clientName: `gateway to ${address.shown}`.slice(0, 100),
    webSocket: WebSocket,
    token: () => token,
    // A refusal is not the end: a sender hears nothing before the gateway is let in again, and then the answer.
    keepsWaiting: true,
  });
  const bridge = createBridge({ config, address, client, logger });
  const leave = stayJoined({
    client,
    logger,
    external: address.shown,
    ...(token === undefined && makeToken !== undefined
      ? {
          async renewToken() {
            token = await makeToken();
          },
        }
      : {}),
  });

  let stopping: Promise<void> | undefined;
  return {
    drain: bridge.drain,
    stop() {
      stopping ??= (async () => {
        await leave();
        await bridge.stop();
        await client.close();
      })();
      return stopping;
    },
  };
}
