/**
 * What the server's own queue can do on this machine and disk: `node bench/embedded-queue.ts [folder]`.
 * This process has the file, as a server does; a second one answers over gRPC, as a broker or an agent does.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type BusLogger, connectBus, type Envelope, type MessageBus } from '@parley/messaging';
import { attachTo, createRemoteFixture } from '@parley/messaging/testing';
import { agentQueue, newId, type QueueName } from '@parley/shared-models';

const REQUESTS = agentQueue('requests');
const ANSWERS = agentQueue('answers');
const ROUND_TRIPS = 2_000;
const BURST = 20_000;
const SIGNALS = 5_000;
const body = new Uint8Array(400).fill(120);

const ignore = (): void => undefined;
const logger: BusLogger = {
  debug: ignore,
  info: ignore,
  warn: (fields, text) => console.warn(text, fields),
  error: (fields, text) => console.error(text, fields),
};

const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** The steady clock is the same for all processes of a machine; `sentAt` is read by the other one. */
const envelope = (sentAt = 0): Envelope => ({
  messageId: newId(),
  type: 'chat.message',
  timestamp: Date.now(),
  headers: { conversation: 'c-1', 'sent-at': sentAt },
  body,
});

if (process.send === undefined) await measure();
else await answer(process.argv[2] ?? '');

async function answer(grpcUrl: string): Promise<void> {
  const bus = await connectBus({ logger });
  const detach = attachTo(bus, grpcUrl);
  const wakes: number[] = [];
  await bus.consume(
    REQUESTS,
    async ({ envelope: { headers } }) => {
      const sentAt = Number(headers['sent-at']);
      if (sentAt > 0) wakes.push(now() - sentAt);
      await bus.publish(ANSWERS, envelope());
    },
    { prefetch: 100 },
  );
  const signals = await bus.subscribe('bench', (signal) => bus.signal({ ...signal, key: 'back' }));
  await signals.bind('there');
  process.on('message', () => {
    process.send?.(wakes);
    process.disconnect();
    void bus.close().then(detach);
  });
  process.send?.('ready');
}

async function measure(): Promise<void> {
  const dataDir = await mkdtemp(path.join(process.argv[2] ?? tmpdir(), 'parley-bench-'));
  const server = await createRemoteFixture({ dataDir });
  const bus = await server.serverBus();
  await bus.declareAgentQueue('requests');
  await bus.declareAgentQueue('answers');
  report('bare transaction with fsync', spread(bareTransactions(dataDir)));
  await withinOneProcess(bus);
  const other = fork(import.meta.filename, [server.url]);
  await once(other, 'message');
  await betweenTwoProcesses(bus);
  await signalsBetweenTwo(bus);
  other.send('end');
  const [wakes] = (await once(other, 'message')) as [number[]];
  report('publish called → handler called in the other process', spread(wakes));
  await once(other, 'exit');
  await server.remove();
}

function bareTransactions(dataDir: string): number[] {
  const database = new DatabaseSync(path.join(dataDir, 'bare.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE bare (body BLOB)');
  const insert = database.prepare('INSERT INTO bare VALUES (?)');
  const times = Array.from({ length: 1_000 }, () => {
    const start = now();
    insert.run(body);
    return now() - start;
  });
  database.close();
  return times;
}

/** Takes what comes; `reached` resolves when there were so many. */
async function countMessages(bus: MessageBus, queue: QueueName) {
  let received = 0;
  let wake = ignore;
  const subscription = await bus.consume(
    queue,
    async () => {
      received += 1;
      wake();
    },
    { prefetch: 100 },
  );
  const reached = (count: number): Promise<void> =>
    new Promise((resolve) => {
      wake = () => {
        if (received >= count) resolve();
      };
      wake();
    });
  return { subscription, reached };
}

async function withinOneProcess(bus: MessageBus): Promise<void> {
  const { subscription, reached } = await countMessages(bus, REQUESTS);
  const times: number[] = [];
  for (let index = 1; index <= ROUND_TRIPS; index++) {
    const start = now();
    await Promise.all([bus.publish(REQUESTS, envelope()), reached(index)]);
    times.push(now() - start);
  }
  report('one process, 1 in flight: publish → handler', spread(times));

  const start = now();
  for (let sent = 0; sent < BURST; sent += 1_000) {
    await Promise.all(Array.from({ length: 1_000 }, () => bus.publish(REQUESTS, envelope())));
  }
  await reached(ROUND_TRIPS + BURST);
  report('one process, 1,000 in flight', perSecond(BURST, now() - start, 'messages'));
  await subscription.close();
}

async function betweenTwoProcesses(bus: MessageBus): Promise<void> {
  const { subscription, reached } = await countMessages(bus, ANSWERS);
  const times: number[] = [];
  for (let index = 1; index <= ROUND_TRIPS; index++) {
    const start = now();
    await Promise.all([bus.publish(REQUESTS, envelope(start)), reached(index)]);
    times.push(now() - start);
  }
  report('two processes, 1 in flight: round trip of two hops', spread(times));

  const start = now();
  let total = ROUND_TRIPS;
  for (let sent = 0; sent < BURST; sent += 256) {
    await Promise.all(Array.from({ length: 256 }, () => bus.publish(REQUESTS, envelope())));
    total += 256;
    await reached(total);
  }
  report('two processes, 256 in flight', perSecond(total - ROUND_TRIPS, now() - start, 'round trips'));
  await subscription.close();
}

async function signalsBetweenTwo(bus: MessageBus): Promise<void> {
  let wake = ignore;
  const subscription = await bus.subscribe('bench', () => wake());
  await subscription.bind('back');
  const times: number[] = [];
  for (let index = 0; index < SIGNALS; index++) {
    const start = now();
    await new Promise<void>((resolve) => {
      wake = resolve;
      bus.signal({ type: 'chat.delta', key: 'there', body });
    });
    times.push(now() - start);
  }
  await subscription.close();
  report('signal there and back', spread(times));
}

function spread(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(2);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms`;
}

function perSecond(count: number, elapsedMs: number, what: string): string {
  return `${Math.round((count * 1_000) / elapsedMs).toLocaleString('en')} ${what}/s`;
}

function report(what: string, figures: string): void {
  console.log(`${what}: ${figures}`);
}
