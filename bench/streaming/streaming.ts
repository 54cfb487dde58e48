import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '@parley/shared-models';
import type { QueueDriver } from '../../tests/harness/parley-system.ts';
import { cpuOfEach, cpuRows } from '../cpu-time.ts';
import { type Figures, type Part, quantile } from '../part.ts';
import { connectClient, processIdsOf, startWithAgent } from '../round-trip/product.ts';
import type { BenchConfig } from '../settings.ts';
import { now, PIECE_MS } from './stream-agent.ts';

const CONVERSATIONS = 100;
const WARM_UP_MS = 2000;
/** The streams go on for so long after the measurement. */
const REST_MS = 2000;
const PIECE = 'a piece at 100 × 50/s';
const TIME = /\d{13}\.\d{3}(?= )/g;

/** An agent that streams 50 pieces a second in each of 100 conversations, each of which has a client of its own. */
export function streaming(config: BenchConfig): Part {
  return {
    name: 'streaming',
    rows: {
      [`${PIECE}, agent → client, p50, ms`]: { digits: 1 },
      [`${PIECE}, agent → client, p99, ms`]: { digits: 1 },
      [`${PIECE}: pieces/s that arrived`]: { digits: 0 },
      ...cpuRows(PIECE),
    },
    variants: {
      RabbitMQ: { needsRabbitMq: true, measure: () => measure('rabbitmq', config) },
      embedded: { needsRabbitMq: false, measure: () => measure('embedded', config) },
    },
  };
}

async function measure(driver: QueueDriver, config: BenchConfig): Promise<Figures> {
  const durationMs = config.BENCH_SECONDS * 1000;
  const system = await startWithAgent(driver, new URL('./stream-agent.ts', import.meta.url));
  const begun = new Set<number>();
  const allBegun = Promise.withResolvers<void>();
  let latencies: number[] = [];
  const onFrame = (conversation: number, text: string): void => {
    if (!text.includes('"message.delta"')) return;
    const arrivedAt = now();
    // Several pieces may come as one.
    for (const [madeAt] of text.matchAll(TIME)) latencies.push(arrivedAt - Number(madeAt));
    if (begun.size === CONVERSATIONS) return;
    begun.add(conversation);
    if (begun.size === CONVERSATIONS) allBegun.resolve();
  };
  const sockets = await Promise.all(
    Array.from({ length: CONVERSATIONS }, (_, conversation) =>
      connectClient(system.webSocketUrl, (text) => onFrame(conversation, text)),
    ),
  );
  try {
    const count = Math.ceil((WARM_UP_MS + durationMs + REST_MS) / PIECE_MS);
    for (const socket of sockets) {
      socket.send(JSON.stringify({ type: 'message.send', id: newId(), text: String(count) }));
    }
    await allBegun.promise;
    await delay(WARM_UP_MS);
    latencies = [];
    const started = { ...processIdsOf(system), usesRabbitMq: driver === 'rabbitmq' };
    const cpu = await cpuOfEach(PIECE, config, started, async () => {
      await delay(durationMs);
      return latencies.length;
    });
    const arrived = latencies;
    return {
      [`${PIECE}, agent → client, p50, ms`]: quantile(arrived, 0.5),
      [`${PIECE}, agent → client, p99, ms`]: quantile(arrived, 0.99),
      [`${PIECE}: pieces/s that arrived`]: (arrived.length * 1000) / durationMs,
      ...cpu,
    };
  } finally {
    for (const socket of sockets) socket.terminate();
    await system.stop();
  }
}
