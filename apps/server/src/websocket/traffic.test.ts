import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CLOSE_CODES, LIMITS, newId, type ServerFrame, SUBPROTOCOL } from '@parley/shared-models';
import { WebSocket } from 'ws';
import { makeServices, type ServicesFixture, silent } from '../../testing/server-fixture.ts';
import { type App, createApp } from '../http/create-app.ts';
import { registerWebSocketRoute } from './websocket-route.ts';

const RATE = 100;

describe('what one connection sends', () => {
  let fixture: ServicesFixture;
  let app: App;
  const sockets: WebSocket[] = [];

  beforeAll(async () => {
    fixture = await makeServices({ RATE_LIMIT: String(RATE) });
    app = await createApp(fixture.services.config, silent, fixture.services.authenticator);
    registerWebSocketRoute(app, fixture.services);
    await app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.terminate();
  });
  afterAll(async () => {
    await app.close();
    await fixture.remove();
  });

  interface Peer {
    readonly socket: WebSocket;
    readonly frames: ServerFrame[];
    readonly closed: Promise<number>;
    answer(): Promise<ServerFrame>;
  }

  async function connect(path = '/ws'): Promise<Peer> {
    const { port } = app.server.address() as { port: number };
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, path === '/ws' ? [SUBPROTOCOL] : []);
    sockets.push(socket);
    const frames: ServerFrame[] = [];
    socket.on('message', (data) => frames.push(JSON.parse(data.toString()) as ServerFrame));
    socket.on('error', () => socket.terminate());
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await once(socket, 'open');
    return {
      socket,
      frames,
      closed,
      async answer() {
        const [data] = await once(socket, 'message');
        return JSON.parse(String(data)) as ServerFrame;
      },
    };
  }

  async function greet(): Promise<Peer> {
    const peer = await connect();
    peer.socket.send('{"type":"hello","clientName":"test"}');
    while (!peer.frames.some(({ type }) => type === 'agents')) await once(peer.socket, 'message');
    return peer;
  }
  const errors = ({ frames }: Peer) =>
    frames.flatMap((frame) => (frame.type === 'error' ? [frame.code] : []));
  const sent = (socket: WebSocket, data: Buffer, options: { fin: boolean }): Promise<void> =>
    new Promise((resolve) => socket.send(data, options, () => resolve()));

  describe('before hello', () => {
    it('has 16 KiB at most in a frame, which nobody parses', async () => {
      const peer = await connect();
      const resume = Object.fromEntries(Array.from({ length: 18_000 }, (_, number) => [`k${number}`, 1]));
      peer.socket.send(
        JSON.stringify({ type: 'hello', clientName: 'x', resume }).slice(0, LIMITS.frameBytes),
      );
      expect(await peer.closed).toBe(CLOSE_CODES.tooLarge);
      expect(peer.frames).toEqual([]);
    });

    it('may be as much as that', async () => {
      const peer = await connect();
      const hello = { type: 'hello', clientName: 'x', more: '' };
      const room = LIMITS.helloBytes - 100 - JSON.stringify(hello).length;
      peer.socket.send(JSON.stringify({ ...hello, more: 'x'.repeat(room) }));
      expect((await peer.answer()).type).toBe('welcome');
    });

    it.each([
      [
        'a frame that does not end',
        async (socket: WebSocket) => {
          for (let count = 0; count < 20; count++)
            await sent(socket, Buffer.alloc(1024, ' '), { fin: false });
        },
      ],
      [
        'pongs',
        async (socket: WebSocket) => {
          for (let count = 0; count < 200; count++) socket.pong(Buffer.alloc(125));
        },
      ],
    ])('has no more than that in all: %s', async (_, flood) => {
      const peer = await connect();
      await flood(peer.socket);
      expect(await peer.closed).toBe(CLOSE_CODES.tooLarge);
    });

    it('may be malformed a few times only', async () => {
      const peer = await connect();
      for (let count = 0; count <= LIMITS.malformedBeforeHello; count++) peer.socket.send('{"type":');
      expect(await peer.closed).toBe(CLOSE_CODES.malformed);
      expect(errors(peer)).toEqual(Array(LIMITS.malformedBeforeHello + 1).fill('invalid_json'));
    });

    it('may be other frames than hello a few times only', async () => {
      const peer = await connect();
      for (let count = 0; count <= LIMITS.malformedBeforeHello; count++) peer.socket.send('{"type":"ping"}');
      expect(await peer.closed).toBe(CLOSE_CODES.malformed);
    });
  });

  describe('after hello', () => {
    it.each([
      ['no JSON', '{'],
      ['an unknown type', '{"type":"shout"}'],
      ['a wrong field', '{"type":"typing"}'],
      ['binary', Buffer.from('{}')],
    ])('may be malformed some times, and no more: %s', async (_, frame) => {
      const peer = await greet();
      for (let count = 0; count <= LIMITS.malformedFrames; count++) peer.socket.send(frame);
      expect(await peer.closed).toBe(CLOSE_CODES.malformed);
      expect(errors(peer)).toHaveLength(LIMITS.malformedFrames + 1);
    });

    it('is weighed by its bytes, before anything parses it', async () => {
      const peer = await greet();
      const id = newId();
      // Of 100 frames a second two of 200 KB use up the share; none of them is JSON.
      for (let count = 0; count < 4; count++) peer.socket.send(`{"id":"${id}",${'x'.repeat(200_000)}`);
      while (errors(peer).length < 4) await once(peer.socket, 'message');
      expect(errors(peer).slice(0, 2)).toEqual(['invalid_json', 'invalid_json']);
      const refused = peer.frames.filter((frame) => frame.type === 'error' && frame.code === 'rate_limited');
      expect(refused.length).toBeGreaterThan(0);
      expect(refused[0]).toMatchObject({ inReplyTo: id, details: { retryAfterMs: expect.any(Number) } });
    });

    it.each([
      ['frames', (socket: WebSocket) => socket.send('{"type":"ping"}')],
      ['pongs of the WebSocket', (socket: WebSocket) => socket.pong()],
    ])('ends the connection when it goes on in spite of everything: %s', async (_, send) => {
      const peer = await greet();
      for (let count = 0; count < RATE * 20; count++) send(peer.socket);
      expect(await peer.closed).toBe(CLOSE_CODES.flooding);
    });

    it('ends the connection of a client that pings without end', async () => {
      const peer = await greet();
      for (let count = 0; count < RATE * 20; count++) peer.socket.ping();
      // `ws` itself ends it when so many come at once that their answers pile up.
      expect([CLOSE_CODES.flooding, 1006]).toContain(await peer.closed);
    });
  });

  describe('by the path of a user', () => {
    it('may be malformed some times only', async () => {
      const peer = await connect('/ws/ada');
      for (let count = 0; count <= LIMITS.malformedFrames; count++) peer.socket.send('{"type":');
      expect(await peer.closed).toBe(CLOSE_CODES.malformed);
    });

    it('ends the connection when it goes on in spite of everything', async () => {
      const peer = await connect('/ws/grace');
      for (let count = 0; count < RATE * 20; count++) peer.socket.pong();
      expect(await peer.closed).toBe(CLOSE_CODES.flooding);
    });
  });
});
