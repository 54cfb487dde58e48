interface Due {
  /** On the clock of `performance.now()`, which no change of the system's time moves. */
  readonly deadline: number;
}

export interface Deadlines {
  /** Call it after an item was added. */
  start(): void;
  stop(): void;
}

/**
 * Expires items of a set whose deadlines grow in the order of their insertion, with one timer for all of them.
 * @param expire must remove the item from the set
 */
export function createDeadlines<T extends Due>(items: ReadonlySet<T>, expire: (item: T) => void): Deadlines {
  let timer: NodeJS.Timeout | undefined;

  function sweep(): void {
    timer = undefined;
    const now = performance.now();
    for (const item of items) {
      if (item.deadline > now) {
        timer = setTimeout(sweep, Math.ceil(item.deadline - now));
        return;
      }
      expire(item);
    }
  }

  return {
    start: () => {
      if (timer === undefined) sweep();
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
