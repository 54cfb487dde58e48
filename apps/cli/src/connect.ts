import { type Client, type ConnectionState, createClient } from '@parley/client';
import { WebSocket } from 'ws';
import { CommandFailure, EXIT } from './exit-codes.ts';
import type { GlobalOptions } from './global-options.ts';

export interface ConnectOptions extends GlobalOptions {
  /** How the server's log calls it. @default parley cli */
  readonly clientName?: string;
  /** Whether a first try that fails is tried again. @default false */
  readonly keepsTrying?: boolean;
}

/** A client that is welcomed, and connects again by itself from then on. @throws CommandFailure `EXIT.noConnection` */
export async function connect(options: ConnectOptions): Promise<Client> {
  const { url, token, clientName = 'parley cli', keepsTrying = false } = options;
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/ws`,
    clientName,
    webSocket: WebSocket,
    ...(token === undefined ? {} : { token }),
  });
  const welcomed = Promise.withResolvers<void>();
  const stop = client.on('connection', (state) => {
    if (state.state === 'open') welcomed.resolve();
    else if (state.state === 'closed' || (state.state === 'waiting' && !keepsTrying)) {
      welcomed.reject(noConnection(url, state));
    }
  });
  client.connect();
  try {
    await welcomed.promise;
    return client;
  } catch (error) {
    await client.close();
    throw error;
  } finally {
    stop();
  }
}

export function noConnection(url: string, state: ConnectionState): CommandFailure {
  const why = 'message' in state && state.message ? ` (${state.message})` : '';
  if (state.state === 'closed' && state.reason === 'unauthenticated') {
    return new CommandFailure(EXIT.noConnection, `${url} does not let you in${why}: give a valid --token.`);
  }
  return new CommandFailure(
    EXIT.noConnection,
    `Cannot connect to ${url}${why}. Does Parley run there? "parley up" starts it, "parley doctor" looks closer.`,
  );
}
