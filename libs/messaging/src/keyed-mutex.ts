/** Runs work with the same key one after another, in the order of the calls; work with different keys runs at once. */
export interface KeyedMutex {
  /** Resolves or rejects as the work does. Later work with the key waits for its end, not for its success. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** How much work with this key has not ended. */
  pendingFor(key: string): number;
  /** How much work with any key has not ended. */
  readonly pending: number;
}

export function createKeyedMutex(): KeyedMutex {
  const queues = new Map<string, { tail: Promise<void>; pending: number }>();
  let pending = 0;
  return {
    async run(key, work) {
      let queue = queues.get(key);
      const result = queue === undefined ? work() : queue.tail.then(work);
      queue ??= { tail: Promise.resolve(), pending: 0 };
      queues.set(key, queue);
      queue.tail = result.then(
        () => {},
        () => {},
      );
      queue.pending += 1;
      pending += 1;
      try {
        return await result;
      } finally {
        pending -= 1;
        queue.pending -= 1;
        if (queue.pending === 0) queues.delete(key);
      }
    },
    pendingFor: (key) => queues.get(key)?.pending ?? 0,
    get pending() {
      return pending;
    },
  };
}
