import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  type ChatMessage,
  type ClientFrameOf,
  newId,
  parseClientFrame,
  type ServerFrame,
  type ServerFrameOf,
} from '@parley/shared-models';
import { type WebSocket, WebSocketServer } from 'ws';
import { createFrameInbox, type FrameInbox } from './frame-inbox.ts';

/** The server's side of one connection, driven by a test. */
export interface Peer extends Pick<FrameInbox, 'all' | 'take'> {
  readonly socket: WebSocket;
  /** Sends `welcome`. */
  greet(overrides?: Partial<ServerFrameOf<'welcome'>>): void;
  /** Takes `hello` and answers it with `welcome`. */
  welcome(overrides?: Partial<ServerFrameOf<'welcome'>>): Promise<ClientFrameOf<'hello'>>;
  send(...frames: ServerFrame[]): void;
  /** Takes a `message.send` and acknowledges it. */
  acknowledge(seq: number): Promise<ClientFrameOf<'message.send'>>;
  /** Resolves with the close code when the connection has ended. */
  readonly ended: Promise<number>;
}

export interface ScriptedServer {
  readonly url: string;
  /** Connections made so far. */
  readonly count: number;
  /** The next connection that was not taken yet. */
  next(): Promise<Peer>;
  close(): Promise<void>;
}

/** A real WebSocket server on a free port of the loopback interface that does only what the test scripts. */
export async function startScriptedServer(port = 0): Promise<ScriptedServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port });
  await once(server, 'listening');
  const peers: Peer[] = [];
  let taken = 0;
  let wake = Promise.withResolvers<void>();
  server.on('connection', (socket) => {
    peers.push(createPeer(socket));
    wake.resolve();
  });

  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`,
    get count() {
      return peers.length;
    },
    async next() {
      for (;;) {
        const peer = peers[taken];
        if (peer !== undefined) {
          taken += 1;
          return peer;
        }
        wake = Promise.withResolvers();
        await wake.promise;
      }
    },
    async close() {
      for (const { socket } of peers) socket.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

function createPeer(socket: WebSocket): Peer {
  const inbox = createFrameInbox();
  const ended = Promise.withResolvers<number>();
  const send = (...frames: ServerFrame[]) => {
    for (const frame of frames) socket.send(JSON.stringify(frame));
  };

  socket.on('message', (data) => {
    const parsed = parseClientFrame(data.toString());
    if (!parsed.ok) throw new Error(`the client broke the protocol: ${parsed.error.message}`);
    inbox.add(parsed.frame);
    if (parsed.frame.type === 'ping') send({ type: 'pong' });
  });
  socket.on('close', (code) => {
    inbox.end();
    ended.resolve(code);
  });

  const greet = (overrides: Partial<ServerFrameOf<'welcome'>> = {}) =>
    send({
      type: 'welcome',
      connectionId: newId(),
      user: { id: 'ada', name: 'Ada', roles: ['member'] },
      serverTime: new Date().toISOString(),
      heartbeatMs: 30_000,
      queue: 'embedded',
      languageModel: 'offline rules',
      ...overrides,
    });

  return {
    socket,
    all: inbox.all,
    take: inbox.take,
    ended: ended.promise,
    send,
    greet,
    async welcome(overrides) {
      const hello = await inbox.take('hello');
      greet(overrides);
      return hello;
    },
    async acknowledge(seq) {
      const frame = await inbox.take('message.send');
      const conversationId = frame.conversationId ?? newId();
      send({ type: 'ack', id: frame.id, conversationId, seq });
      return frame;
    },
  };
}

/** A message of an agent. */
export function replyFrame(message: Partial<ChatMessage> & Pick<ChatMessage, 'conversationId' | 'seq'>) {
  return {
    type: 'message',
    message: {
      id: newId(),
      kind: 'REPLY',
      sender: { kind: 'agent', id: 'echo', name: 'Echo' },
      text: `number ${message.seq}`,
      createdAt: new Date().toISOString(),
      ...message,
    },
  } as const satisfies ServerFrame;
}
