import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { CLOSE_CODES, SUBPROTOCOL } from '@parley/shared-models';
import { WebSocket } from 'ws';
import { makeServices, type ServicesFixture, silent } from '../../testing/server-fixture.ts';
import { type App, createApp } from '../http/create-app.ts';
import { registerWebSocketRoute } from '../websocket/websocket-route.ts';

const PER_ADDRESS = 6;
const PER_USER = 3;

describe('the connections to a server', () => {
  let fixture: ServicesFixture;
  let app: App;
  let port = 0;
  const open: { destroy(): void }[] = [];

  async function start(settings: Record<string, string> = {}): Promise<void> {
    const limits = { CONNECTIONS_PER_ADDRESS: String(PER_ADDRESS), CONNECTIONS_PER_USER: String(PER_USER) };
    fixture = await makeServices({ ...limits, ...settings });
    app = await createApp(fixture.services.config, silent, fixture.services.authenticator);
    registerWebSocketRoute(app, fixture.services);
    app.get('/page', { config: { action: 'public' } }, () => 'page');
    await app.listen({ host: '127.0.0.1', port: 0 });
    ({ port } = app.server.address() as AddressInfo);
  }
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.destroy();
    await app.close();
    await fixture.remove();
  });

  async function tcp(): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    open.push(socket);
    socket.on('error', () => socket.destroy());
    socket.resume();
    await once(socket, 'connect');
    return socket;
  }
  async function webSocket(from?: string, path = '/ws') {
    const headers = from === undefined ? {} : { 'x-forwarded-for': from };
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, path === '/ws' ? [SUBPROTOCOL] : [], {
      headers,
    });
    open.push({ destroy: () => socket.terminate() });
    socket.on('error', () => socket.terminate());
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await once(socket, 'open');
    return {
      closed,
      /** Resolves with the server's first frame. */
      async hello(): Promise<string> {
        const answer = once(socket, 'message');
        socket.send('{"type":"hello","clientName":"test"}');
        return (JSON.parse(String((await answer)[0])) as { type: string }).type;
      },
      isOpen: () => socket.readyState === WebSocket.OPEN,
    };
  }

  it('that say nothing make room for one that does, the oldest first', async () => {
    await start();
    const silentOnes = [];
    for (let count = 0; count < PER_ADDRESS; count++) silentOnes.push(await webSocket());
    const client = await webSocket();
    expect(await client.hello()).toBe('welcome');
    await silentOnes[0]?.closed;
    for (let count = 0; count < 3 * PER_ADDRESS; count++) await webSocket();
    await Promise.all(silentOnes.map(({ closed }) => closed));
    expect(client.isOpen()).toBe(true);
    const answer = await fetch(`http://127.0.0.1:${port}/page`, { headers: { connection: 'close' } });
    expect(await answer.text()).toBe('page');
  });

  it('without a request make room for a request', async () => {
    await start();
    const idle = [];
    for (let count = 0; count < PER_ADDRESS; count++) idle.push(await tcp());
    const answer = await fetch(`http://127.0.0.1:${port}/page`, { headers: { connection: 'close' } });
    expect(await answer.text()).toBe('page');
    if (idle[0]?.destroyed === false) await once(idle[0], 'close');
    expect(idle[0]?.destroyed).toBe(true);
  });

  it.each([['/ws'], ['/ws/ada']])('of one user are so many at most: %s', async (path) => {
    await start();
    const welcomed = [];
    for (let count = 0; count < PER_USER; count++) {
      const client = await webSocket(undefined, path);
      if (path === '/ws') await client.hello();
      welcomed.push(client);
    }
    const late = await webSocket(undefined, path);
    if (path === '/ws') expect(await late.hello()).toBe('error');
    expect(await late.closed).toBe(CLOSE_CODES.tooManyConnections);
    expect(welcomed.every(({ isOpen }) => isOpen())).toBe(true);
  });

  it('count for the address that a trusted proxy names', async () => {
    await start({ TRUST_PROXY: 'loopback', CONNECTIONS_PER_USER: 'off', ALLOW_ANONYMOUS: 'true' });
    const others = await webSocket('192.0.2.9');
    const silentOnes = [];
    for (let count = 0; count <= PER_ADDRESS; count++) silentOnes.push(await webSocket('192.0.2.1'));
    await silentOnes[0]?.closed;
    expect(others.isOpen()).toBe(true);
    for (let count = 0; count < PER_ADDRESS; count++) await (await webSocket('192.0.2.2')).hello();
    const late = await webSocket('192.0.2.2');
    expect(await late.closed).toBe(CLOSE_CODES.tooManyConnections);
  });
});
