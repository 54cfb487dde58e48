import { afterEach } from '@jest/globals';
import type { Client, ClientOptions } from '../src/client.ts';
import type { ClientEvents } from '../src/client-events.ts';
import { createClient } from '../src/create-client.ts';
import { type Peer, type ScriptedServer, startScriptedServer } from './scripted-server.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A scripted server that is closed after the test. */
export async function startServer(): Promise<ScriptedServer> {
  const server = await startScriptedServer();
  cleanups.push(server.close);
  return server;
}

/** A client of the server, not connected yet, with short reconnect waits; it is closed after the test. */
export function startClient({ url }: { url: string }, options: Partial<ClientOptions> = {}): Client {
  const client = createClient({
    url,
    clientName: 'test',
    reconnect: { minMs: 1, maxMs: 5 },
    closeTimeoutMs: 200,
    ...options,
  });
  cleanups.push(client.close);
  return client;
}

/** A server, and a client after its `welcome`. */
export async function startPair(
  options: Partial<ClientOptions> = {},
  welcome: Parameters<Peer['welcome']>[0] = {},
): Promise<{ server: ScriptedServer; client: Client; peer: Peer }> {
  const server = await startServer();
  const client = startClient(server, options);
  const isOpen = until(client, 'welcome', () => true);
  client.connect();
  const peer = await server.next();
  await peer.welcome(welcome);
  await isOpen;
  return { server, client, peer };
}

/** Resolves with the first event that matches the condition. */
export function until<E extends keyof ClientEvents>(
  client: Client,
  event: E,
  condition: (payload: ClientEvents[E]) => boolean,
): Promise<ClientEvents[E]> {
  return new Promise((resolve) => {
    const stop = client.on(event, (payload) => {
      if (!condition(payload)) return;
      stop();
      resolve(payload);
    });
  });
}

/** Collects all events from now on. */
export function record<E extends keyof ClientEvents>(client: Client, event: E): ClientEvents[E][] {
  const seen: ClientEvents[E][] = [];
  client.on(event, (payload) => seen.push(payload));
  return seen;
}

/** Resolves when the client has handled all earlier frames of the peer: frames arrive in order. */
export async function settled(client: Client, peer: Peer): Promise<void> {
  const marker = `marker ${Math.random()}`;
  const seen = until(client, 'error', ({ message }) => message === marker);
  peer.send({ type: 'error', code: 'internal', message: marker });
  await seen;
}
