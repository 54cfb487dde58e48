import { createVhost } from '@parley/messaging/testing';
import { amqpMessages } from '../amqp-messages.ts';
import { startBareChain } from '../bare-chain/bare-chain.ts';
import { cpuOfEach, cpuRows } from '../cpu-time.ts';
import type { Figures, Part } from '../part.ts';
import type { BenchConfig } from '../settings.ts';
import { hopTimes, WAYS } from './hop-times.ts';
import { measureLatency, measureThroughput, type RoundTrips } from './measure.ts';
import { startProduct } from './product.ts';

const LANES = 64;
const PER_LANE = 4;
const WARM_UP_MS = 10_000;
const TRIPS = 500;
const ALONE = 'a round trip, one in flight';
const LOADED = 'a round trip at 64 × 4';
const AMQP_MESSAGES = 'AMQP messages for a round trip at 64 × 4';

const wayLabel = (way: string): string => `one in flight, ${way}, mean ms`;

/**
 * The whole chat round trip against a bare chain of the same five queue hops: warmed up by the load, then measured with one
 * message in flight, then under load.
 */
export function roundTrip(config: BenchConfig): Part {
  const load = { lanes: LANES, perLane: PER_LANE };

  const measured = async (trips: RoundTrips, webSocketUrl?: string): Promise<Figures> => {
    const { amqpUrl } = trips;
    const started = { ...trips.processIds, usesRabbitMq: amqpUrl !== undefined };
    try {
      await measureThroughput(trips, { ...load, durationMs: WARM_UP_MS });
      let alone = { p50: Number.NaN, p95: Number.NaN, p99: Number.NaN };
      const cpuAlone = await cpuOfEach(ALONE, config, started, async () => {
        alone = await measureLatency(trips, TRIPS);
        return TRIPS;
      });
      const ways = webSocketUrl === undefined ? [] : await hopTimes(webSocketUrl);
      const messagesBefore = amqpUrl === undefined ? 0 : await amqpMessages(amqpUrl);
      let loaded = { perSecond: Number.NaN, count: Number.NaN };
      const cpuLoaded = await cpuOfEach(LOADED, config, started, async () => {
        loaded = await measureThroughput(trips, { ...load, durationMs: config.BENCH_SECONDS * 1000 });
        return loaded.count;
      });
      return {
        'p50, one in flight, ms': alone.p50,
        'p95, one in flight, ms': alone.p95,
        'p99, one in flight, ms': alone.p99,
        ...Object.fromEntries(ways.map((ms, index) => [wayLabel(WAYS[index] ?? ''), ms])),
        ...cpuAlone,
        'round trips/s at 64 × 4': loaded.perSecond,
        ...cpuLoaded,
        ...(amqpUrl === undefined
          ? {}
          : { [AMQP_MESSAGES]: ((await amqpMessages(amqpUrl)) - messagesBefore) / loaded.count }),
      };
    } finally {
      await trips.stop();
    }
  };

  const product = async (driver: 'rabbitmq' | 'embedded'): Promise<Figures> => {
    const trips = await startProduct(driver, LANES);
    return measured(trips, trips.system.webSocketUrl);
  };

  return {
    name: 'round trip',
    rows: {
      'p50, one in flight, ms': { digits: 1, hasRatio: true },
      'p95, one in flight, ms': { digits: 1 },
      'p99, one in flight, ms': { digits: 1 },
      ...Object.fromEntries(WAYS.map((way) => [wayLabel(way), { digits: 2 }])),
      ...cpuRows(ALONE),
      'round trips/s at 64 × 4': { digits: 0, hasRatio: true },
      ...cpuRows(LOADED),
      [AMQP_MESSAGES]: { digits: 2 },
    },
    variants: {
      bare: { needsRabbitMq: true, measure: async () => measured(await startInVhost()) },
      RabbitMQ: { needsRabbitMq: true, measure: () => product('rabbitmq') },
      embedded: { needsRabbitMq: false, measure: () => product('embedded') },
    },
  };
}

/** The bare chain, in a virtual host of its own. */
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
