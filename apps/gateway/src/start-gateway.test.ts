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
import { startGateway } from './start-gateway.ts';
import { welcome } from './testing/welcome.ts';

describe('a gateway', () => {
  let servers: WebSocketServer[];
  let gateway: RunningProcess | undefined;

  beforeEach(() => {
    servers = [];
  });
  afterEach(async () => {
    await gateway?.stop();
    for (const server of servers) server.close();
  });

  async function listen(): Promise<WebSocketServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    servers.push(server);
    await once(server, 'listening');
    return server;
  }

  const addressOf = (server: WebSocketServer): string =>
    `127.0.0.1:${(server.address() as AddressInfo).port}`;

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
    gateway = startGateway(
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
    expect(await received).toMatchObject({ type: 'message', message: 'good day', in_reply_to: 'm-1' });
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
