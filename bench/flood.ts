import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SUBPROTOCOL } from '@parley/shared-models';
import { WebSocket } from 'ws';
import { startSystem } from '../tests/harness/parley-system.ts';
import { connectRaw, sendText } from '../tests/harness/raw-client.ts';
import { AUTH_SECRET, signToken } from '../tests/harness/sign-token.ts';
import { median } from './part.ts';

/**
 * How much a client that has not signed in delays the answers of somebody who has: it sends 2 MB a second of each kind, as far as
 * the server takes it. Also the server's memory and the longest stall of its event loop. Linux only.
 *
 *   node bench/flood.ts [seconds of each flood, 30] [rounds, 3] [the kind to begin with]
 */
const BYTES_PER_SECOND = 2_000_000;
const TICK_MS = 10;
/** The longest that one portion is waited for. */
const PATIENCE_MS = 1000;

interface Measured {
  readonly quietMs: number;
  readonly floodedMs: number;
  readonly stallMs: number;
  readonly before: number;
  readonly after: number;
  readonly megabytes: number;
}

interface Flood {
  readonly path: '/ws' | '/ws/mallory' | 'http' | 'grpc';
  make(): string;
}

/** What is sent over and over; `path` says where. */
const KINDS: Readonly<Record<string, Flood>> = {
  'frames that are not JSON': { path: '/ws', make: () => 'x'.repeat(16_000) },
  'hello with 2,600 keys': {
    path: '/ws',
    make: () => `{"type":"hello","clientName":"x","resume":{${'"x":1,'.repeat(2600)}"x":1}}`,
  },
  'hello with a wrong token': {
    path: '/ws',
    make: () => `{"type":"hello","clientName":"x","token":"${'a'.repeat(8000)}"}`,
  },
  'frames of 250 KB': { path: '/ws', make: () => `{"type":"ping","x":"${'x'.repeat(250_000)}"}` },
  'nested frames': { path: '/ws', make: () => `${'['.repeat(8000)}${']'.repeat(8000)}` },
  'frames without a hello': { path: '/ws', make: () => '{"type":"ping"}' },
  'the other endpoint': { path: '/ws/mallory', make: () => `{"message":"${'x'.repeat(8000)}"}` },
  'bodies over HTTP': { path: 'http', make: () => `[${'1,'.repeat(100_000)}1]` },
  'bytes at the gRPC port': { path: 'grpc', make: () => 'x'.repeat(64_000) },
};

if (process.send === undefined) await measureAll();
else await flood();

async function measureAll(): Promise<void> {
  const seconds = Number(process.argv[2] ?? 30);
  const rounds = Number(process.argv[3] ?? 3);
  const kinds = Object.entries(KINDS);
  const first = process.argv[4] ?? kinds[0]?.[0];
  while (kinds.length > 0 && kinds[0]?.[0] !== first) kinds.shift();
  if (kinds.length === 0) throw new Error(`there is no flood "${first}"`);
  const system = await startSystem({ driver: 'embedded', env: { AUTH_SECRET, LOG_LEVEL: 'info' } });
  const targetOf = (path: Flood['path']): string => {
    if (path === 'http') return system.url;
    return path === 'grpc' ? String(system.env.GRPC_URL) : `${system.url.replace('http', 'ws')}${path}`;
  };
  try {
    await answerTimes(system.webSocketUrl, 5);
    console.log('| flood | median answer without | with | longest stall | memory | taken |');
    for (const [kind, { path }] of kinds) {
      const measured: Measured[] = [];
      for (let round = 0; round < rounds; round++) {
        const quietMs = median(await answerTimes(system.webSocketUrl, seconds / 3));
        const before = await look(system.url);
        const flooder = fork(new URL(import.meta.url), [kind, targetOf(path)]);
        const told = once(flooder, 'message') as Promise<[number]>;
        const floodedMs = median(await answerTimes(system.webSocketUrl, seconds));
        flooder.send('stop');
        const { stallMs, mebibytes } = await look(system.url);
        const [sent] = await told;
        const megabytes = sent / seconds / 1e6;
        measured.push({ quietMs, floodedMs, stallMs, before: before.mebibytes, after: mebibytes, megabytes });
      }
      const of = (field: keyof Measured, digits = 0): string =>
        median(measured.map((one) => one[field])).toFixed(digits);
      const times = `${of('quietMs', 1)} ms | ${of('floodedMs', 1)} ms | ${of('stallMs')} ms`;
      console.log(
        `| ${kind} | ${times} | ${of('before')} → ${of('after')} MiB | ${of('megabytes', 2)} MB/s |`,
      );
    }
  } finally {
    await system.stop();
  }
}

/** A new one each time: one token would run out before the last flood. */
function token(): Promise<string> {
  return signToken('ada', 'operator');
}

/** The times in milliseconds of answers to one user, one after the other, for so many seconds. */
async function answerTimes(url: string, seconds: number): Promise<number[]> {
  const client = await connectRaw(url, { hello: { token: await token() } });
  const times: number[] = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await delay(50)) {
    const begun = performance.now();
    const id = sendText(client, 'Hello');
    await client.received('message.status', (frame) => frame.messageId === id && frame.status === 'answered');
    times.push(performance.now() - begun);
  }
  client.close();
  return times;
}

/** The longest stall since it was asked last, and the resident memory. */
async function look(url: string): Promise<{ stallMs: number; mebibytes: number }> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${await token()}` } });
  const text = await response.text();
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return {
    stallMs: value('nodejs_eventloop_lag_max_seconds') * 1000,
    mebibytes: value('process_resident_memory_bytes') / 2 ** 20,
  };
}

/** In a process of its own: sends portions at the rate, over a new connection whenever the server has closed the last one. */
async function flood(): Promise<void> {
  const [kind = '', target = ''] = process.argv.slice(2);
  const flooded = KINDS[kind];
  if (flooded === undefined) throw new Error(`there is no flood "${kind}"`);
  const portion = flooded.make();
  const send =
    flooded.path === 'http' ? byHttp(target) : flooded.path === 'grpc' ? byTcp(target) : byWebSocket(target);
  const begun = performance.now();
  let sent = 0;
  let isOver = false;
  process.once('message', () => {
    isOver = true;
  });
  // Who measures has died.
  process.once('disconnect', () => process.exit(1));
  while (!isOver) {
    if (sent > ((performance.now() - begun) / 1000) * BYTES_PER_SECOND) await delay(TICK_MS);
    else {
      await send(portion);
      sent += portion.length;
    }
  }
  process.send?.(sent);
  process.exit();
}

function byWebSocket(url: string): (portion: string) => Promise<void> {
  let socket: WebSocket | undefined;
  return async (portion) => {
    if (socket?.readyState !== WebSocket.OPEN) {
      const next = new WebSocket(url, url.endsWith('/ws') ? [SUBPROTOCOL] : [], { perMessageDeflate: false });
      next.on('error', () => next.terminate());
      await new Promise((resolve) => next.once('open', resolve).once('close', resolve));
      socket = next;
    }
    await written((done) => socket?.send(portion, done));
  };
}

function byTcp(address: string): (portion: string) => Promise<void> {
  const [host = '', port] = address.split(':');
  let socket: Socket | undefined;
  return async (portion) => {
    if (socket === undefined || !socket.writable) {
      socket = connect(Number(port), host);
      socket.on('error', () => socket?.destroy()).resume();
    }
    await written((done) => socket?.write(portion, done));
  };
}

function byHttp(url: string): (portion: string) => Promise<void> {
  return async (portion) => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: portion };
    // A connection that the server cuts is what is wanted of it.
    const response = await fetch(`${url}/api/commands`, init).catch(() => undefined);
    await response?.arrayBuffer().catch(() => undefined);
  };
}

/** Resolves when it is sent or can never be: the server takes what it wants to take. */
async function written(write: (done: (error?: Error | null) => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const patience = setTimeout(resolve, PATIENCE_MS);
    write(() => {
      clearTimeout(patience);
      resolve();
    });
  });
}
