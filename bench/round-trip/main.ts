import { createVhost } from '@parley/messaging/testing';
import { startBareChain } from '../bare-chain/bare-chain.ts';
import { cpuTimes } from './cpu-time.ts';
import { type Latencies, measureLatency, measureThroughput, median, type RoundTrips } from './measure.ts';
import { startProduct } from './product.ts';

/**
 * The whole chat round trip against a bare chain of the same five hops, in turn on one RabbitMQ, and over the embedded
 * queue. Prints the median of the rounds, and the CPU time that a round trip takes of each process. RABBITMQ_PID, where
 * RabbitMQ runs on this machine, adds its own. An argument selects the variants whose name contains it.
 */
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const LANES = 64;
const PER_LANE = 4;
const TRIPS = 500;
const DURATION_MS = Number(process.env.BENCH_SECONDS ?? 8) * 1000;
const only = process.argv[2];
const rabbitMqId = process.env.RABBITMQ_PID;

interface Figures extends Latencies {
  readonly perSecond: number;
  /** Microseconds for each round trip, by process. */
  readonly cpu: ReadonlyMap<string, number>;
}

async function measure(start: () => Promise<RoundTrips>): Promise<Figures> {
  const trips = await start();
  try {
    await measureLatency(trips, 100);
    const latencies = await measureLatency(trips, TRIPS);
    await measureThroughput(trips, { lanes: LANES, perLane: PER_LANE, durationMs: 2000 });
    const ids = {
      bench: process.pid,
      ...(rabbitMqId === undefined ? {} : { RabbitMQ: Number(rabbitMqId) }),
      ...trips.processIds,
    };
    const before = cpuTimes(ids);
    const perSecond = await measureThroughput(trips, {
      lanes: LANES,
      perLane: PER_LANE,
      durationMs: DURATION_MS,
    });
    const count = (perSecond * DURATION_MS) / 1000;
    const cpu = new Map(
      [...cpuTimes(ids)].map(([name, time]) => [name, (time - (before.get(name) ?? 0)) / count]),
    );
    return { ...latencies, perSecond, cpu };
  } finally {
    await trips.stop();
  }
}

/** In a virtual host of its own: the embedded variant runs without RabbitMQ. */
async function startInVhost(): Promise<RoundTrips> {
  const vhost = await createVhost();
  try {
    const chain = await startBareChain(vhost.amqpUrl);
    return { ...chain, stop: () => chain.stop().finally(() => vhost.remove()) };
  } catch (error) {
    await vhost.remove();
    throw error;
  }
}

const variants: Record<string, () => Promise<RoundTrips>> = {
  'bare chain': startInVhost,
  'Parley, RabbitMQ': () => startProduct('rabbitmq', LANES),
  'Parley, embedded': () => startProduct('embedded', LANES),
};
const results = new Map<string, Figures[]>();
for (let round = 1; round <= ROUNDS; round++) {
  for (const [name, start] of Object.entries(variants)) {
    if (only !== undefined && !name.includes(only)) continue;
    const figures = await measure(start);
    results.set(name, [...(results.get(name) ?? []), figures]);
    console.log(`round ${round}: ${name}: ${describe(figures)}`);
  }
}

const medians = new Map(
  [...results].map(([name, list]) => [
    name,
    {
      p50: median(list.map((one) => one.p50)),
      p95: median(list.map((one) => one.p95)),
      p99: median(list.map((one) => one.p99)),
      perSecond: median(list.map((one) => one.perSecond)),
      cpu: new Map(
        [...(list[0]?.cpu.keys() ?? [])].map((process) => [
          process,
          median(list.map((one) => one.cpu.get(process) ?? Number.NaN)),
        ]),
      ),
    },
  ]),
);
const bare = medians.get('bare chain');
console.log(
  '\n| variant | p50 ms | p95 ms | p99 ms | round trips/s at 64 × 4 | p50 ratio | throughput ratio |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const [name, figures] of medians) {
  const ratio =
    bare === undefined
      ? ['', '']
      : [(figures.p50 / bare.p50).toFixed(2), (figures.perSecond / bare.perSecond).toFixed(2)];
  const { p50, p95, p99, perSecond } = figures;
  console.log(
    `| ${name} | ${p50.toFixed(1)} | ${p95.toFixed(1)} | ${p99.toFixed(1)} | ${perSecond.toFixed(0)} | ${ratio.join(' | ')} |`,
  );
}

console.log('\nCPU time of a round trip at 64 × 4, in microseconds:');
for (const [name, { cpu }] of medians) console.log(`${name}: ${describeCpu(cpu)}`);

function describeCpu(cpu: ReadonlyMap<string, number>): string {
  const total = [...cpu.values()].reduce((sum, each) => sum + each, 0);
  const each = [...cpu].map(([name, time]) => `${name} ${time.toFixed(0)}`);
  return [...each, `in all ${total.toFixed(0)}`].join(', ');
}

function describe({ p50, p95, p99, perSecond, cpu }: Figures): string {
  return `p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${perSecond.toFixed(0)} round trips/s; CPU: ${describeCpu(cpu)}`;
}
