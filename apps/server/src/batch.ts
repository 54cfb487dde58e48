/** Gathers items and hands them over in groups, one group at a time, in order. */
export interface Batch<T> {
  add(item: T): void;
  /** Resolves when everything added so far was handed over, or failed and was reported. */
  settled(): Promise<void>;
}

/**
 * While one group is under way the next one grows, so that the slower the other side is the larger the groups are.
 * @param onError is told of a group that failed; its items are not handed over again
 */
export function createBatch<T>(
  handOver: (items: readonly T[]) => Promise<void>,
  onError: (error: unknown, items: readonly T[]) => void,
): Batch<T> {
  let waiting: T[] = [];
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    // Items added in the same turn of the event loop go into the same group.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const items = waiting;
      waiting = [];
      try {
        await handOver(items);
      } catch (error) {
        onError(error, items);
      }
    }
    running = undefined;
  };

  return {
    add(item) {
      waiting.push(item);
      running ??= run();
    },
    settled: () => running ?? Promise.resolve(),
  };
}
