import type { ProcessIds } from '../cpu-time.ts';
import { quantile } from '../part.ts';

/** Something that sends a message round and says when it came back. */
export interface RoundTrips {
  /** @param lane 0 to lanes - 1: which of the clients sends */
  start(done: () => void, lane: number): void;
  stop(): Promise<void>;
  /** Those it started itself. */
  readonly processIds: ProcessIds;
  /** The virtual host that the messages pass through, on RabbitMQ. */
  readonly amqpUrl: string | undefined;
}

export interface Latencies {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** One after another: the time of each round trip, in milliseconds. */
export async function measureLatency(trips: RoundTrips, count: number): Promise<Latencies> {
  const times: number[] = [];
  for (let number = 0; number < count; number++) {
    const start = performance.now();
    await new Promise<void>((resolve) => trips.start(resolve, 0));
    times.push(performance.now() - start);
  }
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95), p99: quantile(times, 0.99) };
}

export interface Throughput {
  readonly perSecond: number;
  /** Round trips that were begun and ended, those included that ended after the time. */
  readonly count: number;
}

/** Keeps `lanes` × `perLane` in flight for the time. Resolves when the last of them has come back. */
export async function measureThroughput(
  trips: RoundTrips,
  options: { lanes: number; perLane: number; durationMs: number },
): Promise<Throughput> {
  let finished = 0;
  let inFlight = 0;
  let isOver = false;
  const drained = Promise.withResolvers<void>();
  const start = performance.now();
  const send = (lane: number): void => {
    inFlight += 1;
    trips.start(() => {
      inFlight -= 1;
      finished += 1;
      if (!isOver) send(lane);
      else if (inFlight === 0) drained.resolve();
    }, lane);
  };
  for (let lane = 0; lane < options.lanes; lane++)
    for (let number = 0; number < options.perLane; number++) send(lane);
  await new Promise((resolve) => setTimeout(resolve, options.durationMs));
  isOver = true;
  const inTime = finished;
  const end = performance.now();
  await drained.promise;
  return { perSecond: (inTime * 1000) / (end - start), count: finished };
}
