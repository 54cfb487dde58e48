import type { ProcessIds } from './cpu-time.ts';

/** Something that sends a message round and says when it came back. */
export interface RoundTrips {
  readonly name: string;
  /** @param lane 0 to lanes - 1: which of the clients sends */
  start(done: () => void, lane: number): void;
  stop(): Promise<void>;
  /** Those it started itself. */
  readonly processIds: ProcessIds;
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
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** Keeps `lanes` × `perLane` in flight for the time and returns the round trips per second. */
export async function measureThroughput(
  trips: RoundTrips,
  options: { lanes: number; perLane: number; durationMs: number },
): Promise<number> {
  let finished = 0;
  let inFlight = 0;
  let isOver = false;
  const drained = Promise.withResolvers<void>();
  const start = performance.now();
  let end = start;
  const send = (lane: number): void => {
    inFlight += 1;
    trips.start(() => {
      inFlight -= 1;
      if (!isOver) {
        finished += 1;
        send(lane);
      } else if (inFlight === 0) drained.resolve();
    }, lane);
  };
  for (let lane = 0; lane < options.lanes; lane++)
    for (let number = 0; number < options.perLane; number++) send(lane);
  await new Promise((resolve) => setTimeout(resolve, options.durationMs));
  isOver = true;
  end = performance.now();
  await drained.promise;
  return (finished * 1000) / (end - start);
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
