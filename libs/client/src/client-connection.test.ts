import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { newId, SUBPROTOCOL } from '@parley/shared-models';
import { WebSocket as WsWebSocket } from 'ws';
import { startScriptedServer } from '../testing/scripted-server.ts';
import { record, settled, startClient, startPair, startServer, until } from '../testing/start-pair.ts';
import type { ConnectionState } from './client-events.ts';
import { createClient } from './create-client.ts';

const isState = (name: ConnectionState['state']) => (state: ConnectionState) => state.state === name;

describe('connecting', () => {
  it('says hello with the name, the token and the subprotocol, and is open after the welcome', async () => {
    const server = await startServer();
    const client = startClient(server, { token: 'secret' });
    const states = record(client, 'connection');
    const welcomed = until(client, 'welcome', () => true);
    expect(client.connection).toEqual({ state: 'closed', reason: 'idle' });
    client.connect();
    const peer = await server.next();
    const hello = await peer.welcome();
    await welcomed;
    expect(hello).toEqual({ type: 'hello', clientName: 'test', token: 'secret', resume: {}, frames: 3 });
    expect(peer.socket.protocol).toBe(SUBPROTOCOL);
    expect(states).toEqual([{ state: 'connecting' }, { state: 'open' }]);
    expect(client.welcome?.user.name).toBe('Ada');
  });

  it('works with the WebSocket of the package ws as well', async () => {
    const { client, peer } = await startPair({ webSocket: WsWebSocket });
    const sent = client.send({ text: 'hi' });
    await peer.acknowledge(1);
    expect((await sent.accepted).seq).toBe(1);
  });

  it('makes one connection, however often it is told to', async () => {
    const { client, peer, server } = await startPair();
    client.connect();
    client.connect();
    await settled(client, peer);
    expect(server.count).toBe(1);
  });

  it('refuses a name that the protocol does not allow, and strange conversations to resume', () => {
    expect(() => createClient({ url: 'ws://localhost', clientName: '' })).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
    expect(() => createClient({ url: 'ws://localhost', clientName: 'x', resume: { nonsense: 1 } })).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it('reports an address that is not valid, and stays closed', () => {
    const client = startClient({ url: 'not an address' });
    const errors = record(client, 'error');
    client.connect();
    expect(client.connection).toMatchObject({ state: 'closed', reason: 'invalid_url' });
    expect(errors).toEqual([expect.objectContaining({ code: 'invalid_request', origin: 'client' })]);
  });

  it('tries again while nobody listens, and connects once somebody does', async () => {
    const server = await startScriptedServer();
    const { url } = server;
    await server.close();
    const client = startClient({ url });
    const waiting = until(client, 'connection', isState('waiting'));
    const open = until(client, 'connection', isState('open'));
    client.connect();
    expect(await waiting).toMatchObject({ code: 1006, retryAt: expect.any(Number) });
    const later = await startScriptedServer(Number(new URL(url).port));
    try {
      await (await later.next()).welcome();
      await open;
    } finally {
      await client.close();
      await later.close();
    }
  });

  it('gives up a server that takes the connection but never says welcome', async () => {
    const server = await startServer();
    // Long enough for a busy machine to welcome the second connection in time.
    const client = startClient(server, { connectTimeoutMs: 1000 });
    client.connect();
    const silent = await server.next();
    await silent.take('hello');
    const open = until(client, 'connection', isState('open'));
    await (await server.next()).welcome();
    await open;
  });

  it('gives up a server that takes the connection but never upgrades it', async () => {
    const deaf = createServer();
    const sockets: Duplex[] = [];
    deaf.on('upgrade', (_request, socket) => sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const client = startClient(
      { url: `ws://127.0.0.1:${(deaf.address() as AddressInfo).port}` },
      { connectTimeoutMs: 50 },
    );
    const waiting = until(client, 'connection', isState('waiting'));
    client.connect();
    expect(await waiting).toMatchObject({ message: expect.stringContaining('welcome') });
    await client.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => deaf.close(resolve));
  });
});

describe('a lost connection', () => {
  it.each([
    [1001, 'the server goes away'],
    [1011, 'the server failed'],
    [4000, 'there was no hello'],
    [4002, 'the reader was too slow'],
    [4003, 'nothing was heard'],
  ])('is made again after close code %i (%s)', async (code) => {
    const { client, peer, server } = await startPair();
    const waiting = until(client, 'connection', isState('waiting'));
    const open = until(client, 'connection', isState('open'));
    peer.socket.close(code, 'because');
    expect(await waiting).toMatchObject({ code, message: 'because' });
    await (await server.next()).welcome();
    await open;
  });

  it.each([
    [4001, 'unauthenticated'],
    [1009, 'too_large'],
    [1000, 'ended'],
  ])('stays closed after close code %i, with the reason %s', async (code, reason) => {
    const { client, peer, server } = await startPair();
    const closed = until(client, 'connection', isState('closed'));
    peer.socket.close(code, 'because');
    expect(await closed).toEqual({ state: 'closed', reason, code, message: 'because' });
    expect(server.count).toBe(1);
  });

  it('stays closed when reconnecting is switched off', async () => {
    const { client, peer } = await startPair({ reconnect: false });
    const sent = client.send({ text: 'hi' });
    const closed = until(client, 'connection', isState('closed'));
    peer.socket.terminate();
    expect(await closed).toMatchObject({ reason: 'lost', code: 1006 });
    await expect(sent.accepted).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('is made again with a new token when the app has one', async () => {
    let token = 'expired';
    const server = await startServer();
    const client = startClient(server, { token: () => token });
    const closed = until(client, 'connection', isState('closed'));
    client.connect();
    const refusing = await server.next();
    expect(await refusing.take('hello')).toMatchObject({ token: 'expired' });
    refusing.socket.close(4001);
    await closed;
    token = 'renewed';
    client.connect();
    expect(await (await server.next()).welcome()).toMatchObject({ token: 'renewed' });
  });

  it('is made again at once when the app says so, instead of waiting', async () => {
    const { client, peer, server } = await startPair({ reconnect: { minMs: 1e9, maxMs: 1e9 } });
    const waiting = until(client, 'connection', isState('waiting'));
    peer.socket.terminate();
    await waiting;
    client.connect();
    await (await server.next()).welcome();
  });

  it('resumes after the last seen messages', async () => {
    const [seen, known] = [newId(), newId()];
    const { client, peer, server } = await startPair({ resume: { [known]: 7 } });
    expect(peer.all[0]).toMatchObject({ resume: { [known]: 7 } });
    client.open(seen, 4);
    await peer.take('conversation.open');
    const message = until(client, 'message', () => true);
    peer.send({
      type: 'message',
      message: {
        id: newId(),
        conversationId: seen,
        seq: 5,
        kind: 'SYSTEM',
        sender: { kind: 'system', id: 'parley', name: 'Parley' },
        text: 'hello',
        createdAt: new Date().toISOString(),
      },
    });
    await message;
    peer.socket.close(1001);
    const hello = await (await server.next()).take('hello');
    expect(hello.resume).toEqual({ [seen]: 5, [known]: 7 });
  });
});

describe('heartbeat', () => {
  it('keeps a connection to a server that answers', async () => {
    const { client, peer } = await startPair({}, { heartbeatMs: 120 });
    const states = record(client, 'connection');
    for (let pings = 0; pings < 6; pings++) {
      await new Promise<void>((resolve) => peer.socket.once('message', () => resolve()));
    }
    expect(states).toEqual([]);
  });

  it.each([
    ['Node', undefined],
    ['the package ws', WsWebSocket],
  ])('notices with the WebSocket of %s that a server has died without closing', async (_, webSocket) => {
    const { client, peer, server } = await startPair(webSocket && { webSocket }, { heartbeatMs: 40 });
    const waiting = until(client, 'connection', isState('waiting'));
    // The client reads neither pings nor the closing handshake any more.
    peer.socket.pause();
    expect(await waiting).toMatchObject({ message: expect.stringContaining('heartbeat') });
    const open = until(client, 'connection', isState('open'));
    await (await server.next()).welcome();
    await open;
  });
});

describe('the network of a browser', () => {
  const network = new EventTarget();
  const target = globalThis as { addEventListener?: unknown; removeEventListener?: unknown };

  afterEach(() => {
    delete target.addEventListener;
    delete target.removeEventListener;
  });

  function listenHere(): { count: () => number } {
    let listening = 0;
    target.addEventListener = (type: string, listener: () => void) => {
      listening += 1;
      network.addEventListener(type, listener);
    };
    target.removeEventListener = (type: string, listener: () => void) => {
      listening -= 1;
      network.removeEventListener(type, listener);
    };
    return { count: () => listening };
  }

  it('ends the wait at once when it comes back, until the client is closed', async () => {
    const { count } = listenHere();
    const { client, peer, server } = await startPair({ reconnect: { minMs: 1e9, maxMs: 1e9 } });
    const waiting = until(client, 'connection', isState('waiting'));
    const open = until(client, 'connection', isState('open'));
    peer.socket.terminate();
    await waiting;
    network.dispatchEvent(new Event('online'));
    await (await server.next()).welcome();
    await open;

    expect(count()).toBe(2);
    await client.close();
    expect(count()).toBe(0);
  });

  it('ends the connection at once when it goes, though the socket does not notice', async () => {
    listenHere();
    const { client, server } = await startPair({ reconnect: { minMs: 1e9, maxMs: 1e9 } });
    network.dispatchEvent(new Event('offline'));
    expect(client.connection).toMatchObject({ state: 'waiting', message: 'this device has no network' });
    const open = until(client, 'connection', isState('open'));
    network.dispatchEvent(new Event('online'));
    await (await server.next()).welcome();
    await open;
  });

  it('ends a try to connect that it was lost in', async () => {
    listenHere();
    const server = await startServer();
    const client = startClient(server, { reconnect: { minMs: 1e9, maxMs: 1e9 } });
    client.connect();
    expect(client.connection.state).toBe('connecting');
    network.dispatchEvent(new Event('offline'));
    expect(client.connection.state).toBe('waiting');
  });
});

describe('closing', () => {
  it('says good-bye to the server and resolves when the connection has ended', async () => {
    const { client, peer } = await startPair();
    const states = record(client, 'connection');
    await Promise.all([client.close(), client.close()]);
    expect(await peer.ended).toBe(1000);
    expect(states).toEqual([{ state: 'closed', reason: 'closed' }]);
  });

  it('ends the wait for the next try', async () => {
    const { client, peer, server } = await startPair();
    const waiting = until(client, 'connection', isState('waiting'));
    peer.socket.terminate();
    const closing = waiting.then(() => client.close());
    await closing;
    expect(client.connection).toEqual({ state: 'closed', reason: 'closed' });
    expect(server.count).toBe(1);
  });

  it('can be followed by a new connection', async () => {
    const { client, server } = await startPair();
    await client.close();
    const open = until(client, 'connection', isState('open'));
    client.connect();
    await (await server.next()).welcome();
    await open;
  });

  it('does not wait for ever for a server that does not answer', async () => {
    const { client, peer } = await startPair({ closeTimeoutMs: 50 });
    peer.socket.pause();
    await client.close();
    expect(client.connection.state).toBe('closed');
  });
});
