/**
 * Messages that were sent on a channel and are not confirmed yet, found by their delivery tag. Allocates nothing per
 * message.
 */
interface UnconfirmedWindow<T> {
  /** Whether one more may be sent. */
  hasRoom(): boolean;
  /** Takes the message just sent on the channel; tags count from 1. */
  push(item: T): void;
  /** Calls `settle` for each item that a confirm with this tag settles. */
  confirm(tag: number, isMultiple: boolean, settle: (item: T) => void): void;
  /** The first item, in the order sent, that fits. */
  find(fits: (item: T) => boolean): T | undefined;
  /** Forgets everything: for a new channel. */
  clear(): void;
}

/** @param size how many tags may lie between the oldest unconfirmed and the newest; a power of two */
export function createUnconfirmedWindow<T>(size: number): UnconfirmedWindow<T> {
  const mask = size - 1;
  const slots = new Array<T | undefined>(size).fill(undefined);
  let oldest = 1;
  let next = 1;

  function take(tag: number, settle: (item: T) => void): void {
    const item = slots[tag & mask];
    slots[tag & mask] = undefined;
    if (item !== undefined) settle(item);
  }

  return {
    hasRoom: () => next - oldest < size,
    push: (item) => {
      slots[next & mask] = item;
      next += 1;
    },
    confirm: (tag, isMultiple, settle) => {
      if (tag < oldest || tag >= next) return;
      if (isMultiple) for (let each = oldest; each < tag; each++) take(each, settle);
      take(tag, settle);
      while (oldest < next && slots[oldest & mask] === undefined) oldest += 1;
    },
    find: (fits) => {
      for (let tag = oldest; tag < next; tag++) {
        const item = slots[tag & mask];
        if (item !== undefined && fits(item)) return item;
      }
      return undefined;
    },
    clear: () => {
      slots.fill(undefined);
      oldest = 1;
      next = 1;
    },
  };
}

interface Due {
  /** On the clock of `performance.now()`, which no change of the system's time moves. */
  readonly deadline: number;
}

interface Deadlines {
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
