import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SUBPROTOCOL } from '@parley/shared-models';
import { WebSocket, WebSocketServer } from 'ws';
import { startSystem } from '../tests/harness/parley-system.ts';

/**
 * What an idle WebSocket client costs the server in memory, against a server of bare `ws`: the resident memory of the
 * server process before and after so many clients, divided by them. Linux only.
 *
 *   node bench/idle-clients.ts [5000]
 */
const CLIENTS = Number(process.argv[2] ?? 5000);
const AT_ONCE = 200;
const SETTLE_MS = 5000;
const BARE = 'bare';

if (process.argv[2] === BARE) serveBare();
else await compare();

async function compare(): Promise<void> {
  const bare = fork(new URL(import.meta.url), [BARE]);
  const [port] = (await once(bare, 'message')) as [number];
  report('bare ws', await measure(bare.pid ?? 0, `ws://127.0.0.1:${port}`, undefined));
  bare.disconnect();

  const system = await startSystem({
    driver: 'embedded',
    agents: [],
    hasBroker: false,
    env: { LOG_LEVEL: 'warn', CONNECTIONS_PER_ADDRESS: 'off', CONNECTIONS_PER_USER: 'off' },
    waitForLog: false,
  });
  try {
    const hello = '{"type":"hello","clientName":"idle"}';
    report('Parley', await measure(system.server.pid, system.webSocketUrl, hello));
  } finally {
    await system.stop();
  }
}

function serveBare(): void {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  server.on('listening', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit(0));
}

interface Memory {
  readonly before: number;
  readonly after: number;
}

async function measure(pid: number, url: string, hello: string | undefined): Promise<Memory> {
  // The first ones bring in code that is loaded and compiled once.
  await closeAll(await connectMany(AT_ONCE, url, hello));
  await delay(SETTLE_MS);
  const before = residentBytes(pid);
  const sockets = await connectMany(CLIENTS, url, hello);
  await delay(SETTLE_MS);
  const after = residentBytes(pid);
  await closeAll(sockets);
  return { before, after };
}

async function connectMany(count: number, url: string, hello: string | undefined): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  while (sockets.length < count) {
    const size = Math.min(AT_ONCE, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: size }, () => connect(url, hello)))));
  }
  return sockets;
}

/** Resolves when the client is connected and, where it says hello, was welcomed. */
async function connect(url: string, hello: string | undefined): Promise<WebSocket> {
  const socket = new WebSocket(url, [SUBPROTOCOL], { perMessageDeflate: false });
  const welcomed = hello === undefined ? undefined : once(socket, 'message');
  await once(socket, 'open');
  if (hello !== undefined) socket.send(hello);
  await welcomed;
  return socket;
}

async function closeAll(sockets: readonly WebSocket[]): Promise<void> {
  await Promise.all(
    sockets.map((socket) => {
      socket.terminate();
      return once(socket, 'close');
    }),
  );
}

function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

function report(name: string, { before, after }: Memory): void {
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  const each = ((after - before) / CLIENTS / 1024).toFixed(1);
  console.log(
    `${name}: ${each} KiB a client (${mebibytes(before)} MiB without, ${mebibytes(after)} MiB with ${CLIENTS})`,
  );
}
