import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger, type RunningProcess } from '@parley/process-kit';
import {
  type ChatMessage,
  CLOSE_CODES,
  type ClientFrameOf,
  newId,
  parseClientFrame,
  type ServerFrame,
} from '@parley/shared-models';
import { type WebSocket, WebSocketServer } from 'ws';
import { welcome } from '../testing/welcome.ts';
import { startGateway } from './start-gateway.ts';

describe('a gateway', () => {
  let servers: WebSocketServer[];
  let gateway: RunningProcess | undefined;

  beforeEach(() => {
    servers = [];
  });
  afterEach(async () => {
    await gateway?.stop();
    for (const server of servers) {
      for (const socket of server.clients) socket.terminate();
      server.close();
    }
  });

  async function listen(): Promise<WebSocketServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    servers.push(server);
    await once(server, 'listening');
    return server;
  }

  const addressOf = (server: WebSocketServer): string =>
    `127.0.0.1:${(server.address() as AddressInfo).port}`;

  const start = (parley: WebSocketServer, external: WebSocketServer): RunningProcess =>
    startGateway(
      {
        PARLEY_URL: `http://${addressOf(parley)}`,
        EXTERNAL_WS_URL: `ws://${addressOf(external)}`,
        EXTERNAL_WS_USER_ID: 'parley',
        EXTERNAL_WS_FORMAT: 'auto',
        EXTERNAL_QUEUE_LIMIT: 10,
        EXTERNAL_RECONNECT_MAX_MS: 200,
        EXTERNAL_HEARTBEAT_MS: 20_000,
      },
      { logger: createLogger('test', 'silent'), makeToken: async () => 'a token' },
    );

  function tell(socket: WebSocket, ...frames: ServerFrame[]): void {
    for (const frame of frames) socket.send(JSON.stringify(frame));
  }

  it('tells nobody of a failure when its token runs out, but the answer once it is back', async () => {
    const [parley, external] = [await listen(), await listen()];
    let asked: ClientFrameOf<'message.send'> | undefined;
    parley.on('connection', (socket) =>
      socket.on('message', (data) => {
        const parsed = parseClientFrame(data.toString());
        if (!parsed.ok) throw new Error(parsed.error.message);
        const { frame } = parsed;
        if (frame.type === 'hello') {
          tell(socket, welcome);
          if (asked !== undefined) tell(socket, ...historyOf(asked));
        } else if (frame.type === 'message.send') {
          asked = frame;
          tell(socket, { type: 'ack', id: frame.id, conversationId: frame.conversationId ?? '', seq: 1 });
          socket.close(CLOSE_CODES.unauthenticated, 'the token has expired');
        }
      }),
    );
    const received = new Promise((resolve) =>
      external.on('connection', (socket) => {
        socket.on('message', (data) => resolve(JSON.parse(data.toString())));
        socket.send(JSON.stringify({ message: 'hello', user_id: 'ada', id: 'm-1' }));
      }),
    );
    gateway = start(parley, external);
    expect(await received).toMatchObject({ type: 'message', message: 'good day', in_reply_to: 'm-1' });
  });

  it('reads an external server that floods it with what is no message more slowly', async () => {
    const [parley, external] = [await listen(), await listen()];
    const flooded = Promise.withResolvers<number>();
    let reports = 0;
    parley.on('connection', (socket) =>
      socket.on('message', (data) => {
        const parsed = parseClientFrame(data.toString());
        if (!parsed.ok) throw new Error(parsed.error.message);
        const { frame } = parsed;
        if (frame.type === 'hello') tell(socket, welcome);
        if (frame.type !== 'external.report' || frame.status.ignored === 0) return;
        reports += 1;
        // They are told once a second: without a bound it has read all of them by then.
        if (reports === 3) flooded.resolve(frame.status.ignored);
      }),
    );
    const FRAMES = 50_000;
    external.on('connection', (socket) => {
      const useless = JSON.stringify({ useless: 'x'.repeat(1000) });
      for (let count = 0; count < FRAMES; count++) socket.send(useless);
    });
    gateway = start(parley, external);
    expect(await flooded.promise).toBeLessThan(FRAMES / 10);
    const [flooder] = external.clients;
    expect(flooder?.bufferedAmount).toBeGreaterThan(0);
  });
});

/** The request as the server stored it, and its answer. */
function historyOf({
  id,
  conversationId = '',
  text,
  onBehalfOf,
}: ClientFrameOf<'message.send'>): ServerFrame[] {
  const createdAt = '2026-01-31T09:30:00.000Z';
  const request: ChatMessage = {
    id,
    conversationId,
    seq: 1,
    kind: 'TEXT',
    sender: { kind: 'external', id: 'ada', name: 'ada', ...onBehalfOf },
    text,
    createdAt,
  };
  const answer: ChatMessage = {
    id: newId(),
    conversationId,
    seq: 2,
    kind: 'REPLY',
    sender: { kind: 'agent', id: 'echo', name: 'Echo' },
    text: 'good day',
    inReplyTo: id,
    createdAt,
  };
  return [
    { type: 'message', message: request },
    { type: 'message', message: answer },
  ];
}
