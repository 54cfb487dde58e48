import { setTimeout as delay } from 'node:timers/promises';
import { type PostgresServer, startPostgres } from '../../tools/provision/postgres.mjs';
import { type RabbitMqNode, startRabbitMq } from '../../tools/provision/rabbitmq.mjs';
import { FAULT_KINDS, type FaultKind } from './fault-kinds.ts';
import { startFleet } from './fleet.ts';
import { startLoad } from './load.ts';
import type { FaultSettings } from './processes/fault-settings.ts';
import { createSeededRandom } from './seeded-random.ts';
import { createSmallDisk } from './small-disk.ts';
import { judge, type Verdict } from './verdict.ts';

export interface FaultRun {
  readonly driver: 'embedded' | 'rabbitmq';
  readonly seed: number;
  /** How long faults are made, in milliseconds; the one under way is finished. */
  readonly durationMs: number;
  readonly broken?: FaultSettings['broken'];
  /** Only kinds whose name contains this. */
  readonly only?: string | undefined;
  /** The store in a PostgreSQL of its own instead of SQLite. @default false */
  readonly hasPostgres?: boolean;
  /** @default 12 */
  readonly clients?: number;
  /** How long a message may take to come to its end after all is well again, in milliseconds. @default 60000 */
  readonly settleMs?: number;
  readonly log?: (line: string) => void;
}

export interface FaultReport {
  readonly run: FaultRun;
  readonly verdict: Verdict;
  /** Each fault that was made, with the milliseconds from its end to the first answer. */
  readonly recoveries: readonly { readonly fault: string; readonly ms: number }[];
  /** Kinds that this machine or this driver does not allow. */
  readonly leftOut: readonly string[];
}

const PROBE_MS = 60_000;
const SETTLE_MS = 60_000;
const DUPLICATES = 0.05;
const DELAYS = 0.05;

/** Runs a load, makes faults at random moments, and judges what became of every message. */
export async function runFaults(run: FaultRun): Promise<FaultReport> {
  const log = run.log ?? (() => {});
  const random = createSeededRandom(run.seed);
  // The full disk is the store's and the embedded queue's: with PostgreSQL and RabbitMQ nothing lies on it.
  const disk = run.hasPostgres === true && run.driver === 'rabbitmq' ? undefined : await createSmallDisk();
  let node: RabbitMqNode | undefined;
  let postgres: PostgresServer | undefined;
  const stops: (() => Promise<unknown>)[] = [async () => disk?.remove()];
  try {
    if (run.driver === 'rabbitmq') {
      const started = await startRabbitMq();
      node = started;
      stops.unshift(() => started.stop());
    }
    if (run.hasPostgres === true) {
      const started = await startPostgres();
      postgres = started;
      stops.unshift(() => started.stop());
    }
    const fleet = await startFleet({
      seed: run.seed,
      amqpUrl: node?.amqpUrl,
      databaseUrl: postgres?.databaseUrl,
      dataDir: disk?.folder,
      faults: { duplicates: DUPLICATES, delays: DELAYS, broken: run.broken ?? 'none' },
    });
    stops.unshift(() => fleet.stop());
    const load = startLoad({
      url: fleet.url,
      random: createSeededRandom(run.seed + 100),
      clients: run.clients ?? 12,
      conversationsPerClient: 2,
      everyMs: 250,
    });
    stops.unshift(() => load.close());
    await load.probe(PROBE_MS);

    const isPossible = (kind: FaultKind): boolean =>
      (kind.needs !== 'node' || node !== undefined) &&
      (kind.needs !== 'disk' || disk !== undefined) &&
      (kind.needs !== 'postgres' || postgres !== undefined);
    const kinds = FAULT_KINDS.filter((kind) => isPossible(kind) && kind.name.includes(run.only ?? ''));
    const recoveries: { fault: string; ms: number }[] = [];
    const end = performance.now() + run.durationMs;
    const field = { fleet, load, node, disk, postgres, random };
    let order: FaultKind[] = [];
    while (performance.now() < end) {
      // Each kind once before any comes again, in an order that the seed gives.
      if (order.length === 0) order = shuffle(kinds, random.next);
      const kind = order.pop();
      if (kind === undefined) break;
      await delay(random.integer(50, 600));
      log(kind.name);
      await kind.run(field);
      const ms = await load.probe(PROBE_MS);
      recoveries.push({ fault: kind.name, ms });
      log(`  answered again after ${ms.toFixed(0)} ms`);
    }
    await load.finish(PROBE_MS);
    const verdict = await judge(load, fleet.url, run.settleMs ?? SETTLE_MS);
    return {
      run,
      verdict,
      recoveries,
      leftOut: FAULT_KINDS.filter((kind) => !isPossible(kind)).map(({ name }) => name),
    };
  } finally {
    for (const stop of stops) await stop();
  }
}

/** Fisher and Yates's. */
function shuffle<T>(items: readonly T[], next: () => number): T[] {
  const shuffled = [...items];
  for (let index = shuffled.length - 1; index > 0; index--) {
    const other = Math.floor(next() * (index + 1));
    const [a, b] = [shuffled[index], shuffled[other]];
    if (a === undefined || b === undefined) continue;
    shuffled[index] = b;
    shuffled[other] = a;
  }
  return shuffled;
}
