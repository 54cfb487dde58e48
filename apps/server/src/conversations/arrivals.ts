/** Messages on their way into the store: who wants to stop one waits until it can be found there. */
export interface Arrivals {
  /** Does what stores the message, under its id. */
  during<T>(messageId: string, storing: () => Promise<T>): Promise<T>;
  /** Resolves when the message is on its way no more, stored or not; at once where it is not known. */
  settled(messageId: string): Promise<void>;
}

export function createArrivals(): Arrivals {
  /** By message: each copy of it that is on its way. */
  const coming = new Map<string, Set<Promise<unknown>>>();
  return {
    async during(messageId, storing) {
      const copies = coming.get(messageId) ?? new Set();
      coming.set(messageId, copies);
      const copy = storing();
      copies.add(copy);
      try {
        return await copy;
      } finally {
        copies.delete(copy);
        if (copies.size === 0) coming.delete(messageId);
      }
    },
    async settled(messageId) {
      await Promise.allSettled(coming.get(messageId) ?? []);
    },
  };
}
