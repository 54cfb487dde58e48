import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Client, createClient } from '@parley/client';
import { createLogger, type Logger } from '@parley/process-kit';
import { CLOSE_CODES } from '@parley/shared-models';
import { WebSocket, WebSocketServer } from 'ws';
import { welcome } from '../testing/welcome.ts';
import { stayJoined } from './stay-joined.ts';

/** A logger that keeps its lines of these levels. */
function keepingLogger(lines: string[]): Logger {
  const logger = createLogger('test', 'silent');
  const keep = (...args: unknown[]): void => void lines.push(String(args.at(-1)));
  return Object.assign(Object.create(logger) as Logger, { info: keep, warn: keep, error: keep });
}

describe('a gateway that is refused', () => {
  let server: WebSocketServer;
  let client: Client | undefined;
  let leave: (() => Promise<void>) | undefined;
  let lines: string[];
  /** The token of each `hello` so far. */
  let tokens: (string | undefined)[];

  beforeEach(async () => {
    [lines, tokens] = [[], []];
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
  });
  afterEach(async () => {
    await leave?.();
    await client?.close();
    server.close();
  });

  /** Resolves with the so many-th `hello`. @param isWelcome whether each is let in, before it is refused */
  function refusals(count: number, isWelcome: boolean): Promise<void> {
    const done = Promise.withResolvers<void>();
    server.on('connection', (socket) => {
      socket.once('message', (data) => {
        tokens.push((JSON.parse(data.toString()) as { token?: string }).token);
        if (isWelcome) socket.send(JSON.stringify(welcome));
        if (tokens.length === count) done.resolve();
        else socket.close(CLOSE_CODES.unauthenticated, 'the token has expired');
      });
    });
    return done.promise;
  }

  function join(renewToken?: (renewed: (token: string) => void) => Promise<void>): void {
    let token: string | undefined = renewToken === undefined ? 'lasting' : undefined;
    client = createClient({
      url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
      clientName: 'test',
      webSocket: WebSocket,
      token: () => token,
    });
    leave = stayJoined({
      client,
      logger: keepingLogger(lines),
      external: 'wss://friends.example',
      renewToken:
        renewToken &&
        (() =>
          renewToken((renewed) => {
            token = renewed;
          })),
    });
  }

  it('goes on trying, and says so once', async () => {
    const third = refusals(3, false);
    join();
    await third;
    expect(tokens).toEqual(['lasting', 'lasting', 'lasting']);
    expect(lines).toEqual([expect.stringContaining('the token has expired; set PARLEY_TOKEN')]);
  });

  it('comes back with a new token where it makes its own', async () => {
    const second = refusals(2, true);
    let made = 0;
    join(async (renewed) => {
      made += 1;
      renewed(`token ${made}`);
    });
    await second;
    expect(tokens).toEqual(['token 1', 'token 2']);
    expect(lines.slice(0, 2)).toEqual(['joined to Parley', "the gateway's token ran out: making a new one"]);
  });

  it('tries again when no token could be made', async () => {
    const first = refusals(1, true);
    let tries = 0;
    join(async (renewed) => {
      tries += 1;
      if (tries === 1) throw new Error('not yet');
      renewed('later');
    });
    await first;
    expect(tokens).toEqual(['later']);
    expect(lines[0]).toBe('no token could be made for the gateway');
  });
});
