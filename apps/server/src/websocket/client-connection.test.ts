import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { CLOSE_CODES, LIMITS, SUBPROTOCOL } from '@parley/shared-models';
import { WebSocket } from 'ws';
import { makeServices, type ServicesFixture, silent } from '../../testing/server-fixture.ts';
import { type App, createApp } from '../http/create-app.ts';
import { type Connections, registerWebSocketRoute } from './websocket-route.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('the WebSockets of a server', () => {
  let fixture: ServicesFixture;
  let app: App;
  let connections: Connections;
  const sockets: WebSocket[] = [];
  const held: WeakRef<object>[] = [];

  beforeEach(async () => {
    fixture = await makeServices();
    app = await createApp(fixture.services.config, silent, fixture.services.authenticator);
    app.addHook('onRequest', async (request, reply) => {
      for (const each of [request, request.raw, reply, reply.raw]) held.push(new WeakRef<object>(each));
    });
    connections = registerWebSocketRoute(app, fixture.services);
    await app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterEach(async () => {
    jest.useRealTimers();
    for (const socket of sockets.splice(0)) socket.terminate();
    await app.close();
    await fixture.remove();
    held.length = 0;
  });

  async function connect(path = '/ws'): Promise<{ socket: WebSocket; closed: Promise<number> }> {
    const { port } = app.server.address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, path === '/ws' ? [SUBPROTOCOL] : []);
    sockets.push(socket);
    socket.on('error', () => socket.terminate());
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await once(socket, 'open');
    return { socket, closed };
  }
  async function greet(socket: WebSocket): Promise<void> {
    const welcomed = once(socket, 'message');
    socket.send('{"type":"hello","clientName":"test"}');
    await welcomed;
  }

  it('hold neither the request that they began with nor its response', async () => {
    await greet((await connect()).socket);
    await connect('/ws/ada');
    expect(held).toHaveLength(8);
    await eventually(() => {
      collectGarbage();
      expect(held.map((each) => each.deref()?.constructor.name)).toEqual(Array(8).fill(undefined));
    });
    expect(connections.count).toBe(2);
  });

  it('are closed when the server is, and counted no more', async () => {
    const [one, other] = [await connect(), await connect('/ws/ada')];
    await greet(one.socket);
    await app.close();
    expect(await Promise.all([one.closed, other.closed])).toEqual(Array(2).fill(CLOSE_CODES.goingAway));
    expect(connections.count).toBe(0);
  });

  describe('that say nothing', () => {
    /** Time goes on for the server's timers of connections, and for nothing else. */
    const stopTheClock = (): void =>
      void jest.useFakeTimers({
        doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'Date'],
      });

    it('are closed after their time for hello', async () => {
      stopTheClock();
      const { closed } = await connect();
      jest.advanceTimersByTime(LIMITS.helloTimeoutMs - 1);
      expect(connections.count).toBe(1);
      jest.advanceTimersByTime(1);
      expect(connections.count).toBe(0);
      expect([CLOSE_CODES.helloTimeout, 1006]).toContain(await closed);
    });

    it('are closed two heartbeats after their last frame', async () => {
      stopTheClock();
      const [quiet, alive] = [await connect(), await connect()];
      for (const { socket } of [quiet, alive]) await greet(socket);
      jest.advanceTimersByTime(LIMITS.heartbeatMs);
      const ponged = once(alive.socket, 'message');
      alive.socket.send('{"type":"ping"}');
      await ponged;
      jest.advanceTimersByTime(LIMITS.heartbeatMs);
      expect(await quiet.closed).toBe(CLOSE_CODES.idle);
      expect(connections.count).toBe(1);
      jest.advanceTimersByTime(LIMITS.heartbeatMs);
      expect(await alive.closed).toBe(CLOSE_CODES.idle);
    });

    it('are asked for a sign of life at the path of a user, and closed where none comes', async () => {
      stopTheClock();
      const [dead, alive] = [await connect('/ws/ada'), await connect('/ws/bob')];
      // It answers no ping.
      dead.socket.pause();
      const asked = once(alive.socket, 'ping');
      jest.advanceTimersByTime(LIMITS.heartbeatMs);
      await asked;
      // Its answer arrives with, or before, its next frame.
      alive.socket.send('{');
      await once(alive.socket, 'message');
      jest.advanceTimersByTime(LIMITS.heartbeatMs);
      expect(connections.count).toBe(1);
      dead.socket.resume();
      expect(await dead.closed).toBe(CLOSE_CODES.idle);
    });
  });
});
