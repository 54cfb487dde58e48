import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canTellAccounts, type PeerAccounts, watchPeers } from './peer-accounts.ts';
import type { Ends } from './socket-tables.ts';

/** Would be a failure where the tables are there. */
const fail = (error: unknown): never => {
  throw error;
};
/** An account that owns nothing; only root can start a process of it. */
const NOBODY = 65_533;
const isRoot = process.geteuid?.() === 0;

/** A socket that is closed forgets them. */
const endsOf = ({ localAddress, localPort, remoteAddress, remotePort }: Socket): Ends => ({
  localAddress,
  localPort,
  remoteAddress,
  remotePort,
});

describe('the account behind a connection', () => {
  let peers: PeerAccounts;
  let servers: Server[];
  let sockets: Socket[];
  let children: ChildProcess[];
  let expected: 'own' | 'unknown';

  beforeEach(async () => {
    peers = watchPeers(fail);
    [servers, sockets, children] = [[], [], []];
    // On Linux it is told, elsewhere never.
    expected = (await canTellAccounts()) ? 'own' : 'unknown';
  });
  afterEach(async () => {
    peers.stop();
    for (const child of children) child.kill('SIGKILL');
    for (const socket of sockets) socket.destroy();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  });

  async function listen(host: string): Promise<{ server: Server; port: number }> {
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => socket.destroy());
    });
    servers.push(server);
    server.listen({ port: 0, host });
    await once(server, 'listening');
    return { server, port: (server.address() as AddressInfo).port };
  }

  async function accepted(server: Server, port: number, host: string): Promise<[Socket, Socket]> {
    const came = once(server, 'connection') as Promise<[Socket]>;
    const client = connect({ port, host });
    sockets.push(client);
    const [socket] = await came;
    return [socket, client];
  }

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['::', '127.0.0.1'],
    ['127.0.0.1', '::ffff:127.0.0.1'],
  ])('is this one where a process of it connects, listening on %s, to %s', async (host, to) => {
    const { server, port } = await listen(host);
    const [socket] = await accepted(server, port, to);
    expect(await peers.of(socket)).toBe(expected);
  });

  it('is told to many at once', async () => {
    const { server, port } = await listen('127.0.0.1');
    const pairs = [];
    for (let each = 0; each < 20; each++) pairs.push(await accepted(server, port, '127.0.0.1'));
    const answers = await Promise.all(pairs.map(([socket]) => peers.of(socket)));
    expect(new Set(answers)).toEqual(new Set([expected]));
  });

  it('is told to each that asks while others are looked up', async () => {
    const { server, port } = await listen('127.0.0.1');
    const answers: Promise<string>[] = [];
    for (let each = 0; each < 20; each++) {
      const [socket] = await accepted(server, port, '127.0.0.1');
      answers.push(peers.of(socket));
    }
    expect(new Set(await Promise.all(answers))).toEqual(new Set([expected]));
  });

  it('is not known any more of a connection that is being closed', async () => {
    const { server, port } = await listen('127.0.0.1');
    const [socket] = await accepted(server, port, '127.0.0.1');
    const ends = endsOf(socket);
    expect(await peers.of(ends)).toBe(expected);
    socket.destroy();
    expect(await peers.of(ends)).toBe('unknown');
  });

  it('is another one where nobody connects', async () => {
    const { server, port } = await listen('127.0.0.1');
    const came = once(server, 'connection') as Promise<[Socket]>;
    // Without root the process keeps this account, and the answer is about that.
    const become = isRoot ? `process.setgid(${NOBODY}); process.setuid(${NOBODY});` : '';
    const script = `${become} require('node:net').connect(${port}, '127.0.0.1').resume()`;
    children.push(spawn(process.execPath, ['-e', script], { stdio: 'ignore', cwd: '/' }));
    const [socket] = await came;
    expect(await peers.of(socket)).toBe(isRoot && expected === 'own' ? 'other' : expected);
  });

  it('is not known of a connection that was accepted before anybody watched, or is closed', async () => {
    const { server, port } = await listen('127.0.0.1');
    const [socket, client] = await accepted(server, port, '127.0.0.1');
    const late = watchPeers(fail);
    expect(await late.of(socket)).toBe('unknown');
    late.stop();
    const ends = endsOf(socket);
    const closed = once(socket, 'close');
    socket.resume();
    socket.end();
    client.resume().end();
    await closed;
    expect(await peers.of(ends)).toBe('unknown');
  });

  /** Connects from the port; undefined where another program of this machine has taken it meanwhile. */
  async function connectFrom(localPort: number, port: number): Promise<Socket | undefined> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.1', localPort });
    sockets.push(socket);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
      throw error;
    }
  }

  it('is not taken from the next connection with the same ends', async () => {
    const { server, port } = await listen('127.0.0.1');
    for (;;) {
      const [first, client] = await accepted(server, port, '127.0.0.1');
      const localPort = client.localPort ?? 0;
      // Nothing is read here, so that the reset goes unnoticed.
      first.pause();
      client.resetAndDestroy();
      await once(client, 'close');
      const came = once(server, 'connection') as Promise<[Socket]>;
      if ((await connectFrom(localPort, port)) === undefined) continue;
      const [second] = await came;
      expect(second.remotePort).toBe(localPort);
      expect(first.destroyed).toBe(true);
      expect(await peers.of(second)).toBe(expected);
      return;
    }
  });
});
