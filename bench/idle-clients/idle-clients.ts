import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { SUBPROTOCOL } from '@parley/shared-models';
import { WebSocket } from 'ws';
import { startSystem } from '../../tests/harness/parley-system.ts';
import type { Figures, Part } from '../part.ts';
import type { BenchConfig } from '../settings.ts';

const AT_ONCE = 200;
const SETTLE_MS = 5000;
const HELLO = '{"type":"hello","clientName":"idle"}';

const EACH = 'memory of an idle client, KiB';
const BEFORE = 'memory of the server without clients, MiB';
const AFTER = 'memory of the server with idle clients, MiB';

/**
 * The memory that an idle WebSocket client costs the server, against a server of bare `ws`: the resident memory of the server
 * process before and after so many clients, divided by them. Linux only.
 */
export function idleClients({ BENCH_CLIENTS: clients }: BenchConfig): Part {
  return {
    name: 'idle clients',
    rows: { [EACH]: { digits: 1, hasRatio: true }, [BEFORE]: { digits: 0 }, [AFTER]: { digits: 0 } },
    variants: {
      bare: {
        needsRabbitMq: false,
        async measure() {
          const bare = fork(new URL('./bare-server.ts', import.meta.url));
          try {
            const [port] = (await once(bare, 'message')) as [number];
            return await memoryOf(bare.pid ?? 0, { url: `ws://127.0.0.1:${port}`, clients });
          } finally {
            bare.disconnect();
          }
        },
      },
      embedded: {
        needsRabbitMq: false,
        async measure() {
          const system = await startSystem({
            driver: 'embedded',
            agents: [],
            hasBroker: false,
            env: { LOG_LEVEL: 'warn', CONNECTIONS_PER_ADDRESS: 'off', CONNECTIONS_PER_USER: 'off' },
            waitForLog: false,
          });
          try {
            return await memoryOf(system.server.pid, { url: system.webSocketUrl, clients, hello: HELLO });
          } finally {
            await system.stop();
          }
        },
      },
    },
  };
}

interface Clients {
  readonly url: string;
  readonly clients: number;
  /** The first frame of each. @default none is sent */
  readonly hello?: string;
}

async function memoryOf(pid: number, { url, clients, hello }: Clients): Promise<Figures> {
  if (process.platform !== 'linux') return {};
  // The first ones bring in code that is loaded and compiled once.
  await closeAll(await connectMany(AT_ONCE, url, hello));
  await delay(SETTLE_MS);
  const before = residentBytes(pid);
  const sockets = await connectMany(clients, url, hello);
  await delay(SETTLE_MS);
  const after = residentBytes(pid);
  await closeAll(sockets);
  return {
    [EACH]: (after - before) / clients / 2 ** 10,
    [BEFORE]: before / 2 ** 20,
    [AFTER]: after / 2 ** 20,
  };
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
