/** Gathers the queues in which a transaction put something, and tells who waits there once it is committed. */
export interface Doorbell {
  /** A message became ready in the queue, or a consumer's place became free. */
  touch(queue: string): void;
  /** The same, and the others know of the queue already. */
  touchHere(queue: string): void;
  /** A claim of the same transaction took all that was there: nobody need come. */
  drained(queue: string): void;
  committed(): void;
  rolledBack(): void;
}

/**
 * @param wakeHere at once, inside the transaction: its own claims come last
 * @param wakeOthers after the commit
 */
export function createDoorbell(
  wakeHere: (queue: string) => void,
  wakeOthers: (queue: string) => void,
): Doorbell {
  const touched = new Set<string>();
  return {
    touch(queue) {
      touched.add(queue);
      wakeHere(queue);
    },
    touchHere: wakeHere,
    drained: (queue) => {
      touched.delete(queue);
    },
    committed() {
      for (const queue of touched) wakeOthers(queue);
      touched.clear();
    },
    rolledBack: () => touched.clear(),
  };
}
