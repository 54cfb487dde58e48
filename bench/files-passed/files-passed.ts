/**
 * Which product files one chat message passes through, in server, broker and agent together: the files with a function that
 * runs from its frame until all is acknowledged. By V8's count of calls, with one message in flight.
 *
 *   node bench/files-passed/files-passed.ts [embedded | rabbitmq]
 *
 * Left out are functions that are not called in every window with a message, or are called in idle windows as often: timers
 * call them. A loop that began before a window and goes on in it counts only with the functions that it calls.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { newId } from '@parley/shared-models';
import {
  type ParleySystem,
  QUEUE_DRIVERS,
  type QueueDriver,
  startSystem,
} from '../../tests/harness/parley-system.ts';
import { connectClient } from '../round-trip/product.ts';

/** An agent asks about each message until it has listened for 5 s. */
const WARM_UP_MS = 6000;
const WINDOWS = 20;
/** Until acknowledgements are through, after the reply. */
const SETTLE_MS = 50;
const root = pathToFileURL(path.join(import.meta.dirname, '../../')).href;

/** Functions that were called, as `<path>:<offset>`. */
type Calls = ReadonlySet<string>;

const chosen = QUEUE_DRIVERS.filter((driver) => driver === (process.argv[2] ?? driver));
if (chosen.length === 0) throw new Error(`there is no queue driver "${process.argv[2]}"`);
for (const driver of chosen) report(driver, await measure(driver));

async function measure(driver: QueueDriver): Promise<Set<string>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'parley-calls-'));
  const preload = new URL('./record-calls.ts', import.meta.url).href;
  const env = {
    NODE_OPTIONS: `--import=${preload}`,
    CALLS_FOLDER: folder,
    LOG_LEVEL: 'info',
    HEARTBEAT_MS: '30000',
  };
  const system = await startSystem({ driver, env });
  try {
    const client = await connect(system);
    const warmAt = performance.now() + WARM_UP_MS;
    while (performance.now() < warmAt) {
      await client.ask();
      await delay(100);
    }
    const busy: Calls[] = [];
    const idle: Calls[] = [];
    for (let index = 0; index < WINDOWS; index++) {
      await takeCalls(system, folder);
      const began = performance.now();
      await client.ask();
      await delay(SETTLE_MS);
      const tookMs = performance.now() - began;
      busy.push(await takeCalls(system, folder));
      await delay(tookMs);
      idle.push(await takeCalls(system, folder));
    }
    client.close();
    const shareOf = (windows: readonly Calls[], call: string): number =>
      windows.filter((calls) => calls.has(call)).length / windows.length;
    const passed = [...(busy[0] ?? [])].filter(
      (call) => shareOf(busy, call) === 1 && shareOf(idle, call) < 0.5,
    );
    return new Set(passed.map((call) => call.slice(0, call.lastIndexOf(':'))));
  } finally {
    await system.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function connect({ webSocketUrl }: ParleySystem) {
  let onReply = (): void => undefined;
  const conversationId = newId();
  const socket = await connectClient(webSocketUrl, (text) => {
    if (text.startsWith('{"type":"message",') && text.includes('"REPLY"')) onReply();
  });
  return {
    /** Resolves with the reply's frame. */
    ask: (): Promise<void> =>
      new Promise((resolve) => {
        onReply = resolve;
        const text = `How are you, ${newId()}?`;
        socket.send(JSON.stringify({ type: 'message.send', id: newId(), conversationId, text }));
      }),
    close: () => socket.terminate(),
  };
}

/** What server, broker and agent called since the last time. */
async function takeCalls({ server, broker, agents }: ParleySystem, folder: string): Promise<Calls> {
  const taken = await Promise.all(
    [server, broker, ...agents].map(async (asked) => {
      const file = path.join(folder, `${asked.pid}.json`);
      asked.signal('SIGUSR2');
      const calls = JSON.parse(await readWhenThere(file)) as Record<string, number[]>;
      await rm(file);
      return Object.entries(calls).flatMap(([url, offsets]) => {
        const name = url.startsWith(root) ? url.slice(root.length) : '';
        return /^(apps|libs)\/(?!.*node_modules)/.test(name)
          ? offsets.map((offset) => `${name}:${offset}`)
          : [];
      });
    }),
  );
  return new Set(taken.flat());
}

async function readWhenThere(file: string): Promise<string> {
  for (;;) {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await delay(5);
    }
  }
}

function report(driver: QueueDriver, files: ReadonlySet<string>): void {
  const byPackage = Map.groupBy([...files].sort(), (file) => file.split('/').slice(0, 2).join('/'));
  console.log(`${driver}: ${files.size} files`);
  for (const [name, own] of byPackage) {
    console.log(`  ${name}: ${own.length}`);
    for (const file of own) console.log(`    ${file.slice(name.length + 1)}`);
  }
}
