/** Times that run for many items at once and are all as long. */
export interface Deadlines<T> {
  /** Begins the item's time, or begins it anew. */
  begin(item: T): void;
  end(item: T): void;
  /** Ends all of them. */
  stop(): void;
}

/**
 * One timer for all items, in the order in which their times end: it looks at those whose time is over and at no others.
 * @param afterMs how long the time of each is
 * @param onOver called once the time of an item is over, which has then ended
 */
export function createDeadlines<T>(afterMs: number, onOver: (item: T) => void): Deadlines<T> {
  /** When the time of each is over, by a clock that does not jump; the next one first. */
  const endsAt = new Map<T, number>();
  let timer: NodeJS.Timeout | undefined;

  const wait = (): void => {
    const [next] = endsAt.values();
    timer = next === undefined ? undefined : setTimeout(look, Math.max(1, next - performance.now()));
  };
  const look = (): void => {
    const now = performance.now();
    for (const [item, at] of endsAt) {
      if (at > now) break;
      endsAt.delete(item);
      onOver(item);
    }
    wait();
  };

  return {
    begin(item) {
      endsAt.delete(item);
      endsAt.set(item, performance.now() + afterMs);
      if (timer === undefined) wait();
    },
    end(item) {
      endsAt.delete(item);
      if (endsAt.size > 0) return;
      clearTimeout(timer);
      timer = undefined;
    },
    stop() {
      endsAt.clear();
      clearTimeout(timer);
    },
  };
}
