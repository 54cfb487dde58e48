/** A write that waits for its group. */
export interface PendingWrite {
  readonly apply: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
  readonly isDurable: boolean;
  /** Bytes that it adds to the file; 0: next to nothing, or it frees room. */
  readonly bytes: number;
  outcome: { readonly result: unknown } | { readonly error: unknown } | undefined;
}

/** The writes of one bus that are not committed yet, in the order in which they came. */
export interface PendingWrites {
  add(write: PendingWrite): void;
  /**
   * Takes the next group out.
   * @param onlySmall leaves out writes that need room
   * @param maxWrites at most `GROUP_WRITES`
   */
  takeGroup(onlySmall: boolean, maxWrites: number): PendingWrite[];
  hasSmall(): boolean;
  /** Puts a group back to the front. */
  restore(group: readonly PendingWrite[]): void;
  /** Takes out the writes that are past their deadline. */
  takeExpired(now: number): PendingWrite[];
  takeAll(): PendingWrite[];
  size(): number;
}

/** They bound how long one group keeps the event loop. */
export const GROUP_WRITES = 1_000;
const GROUP_BYTES = 8 * 1024 * 1024;

export function createPendingWrites(): PendingWrites {
  let pending: PendingWrite[] = [];

  function take(isTaken: (write: PendingWrite) => boolean): PendingWrite[] {
    const taken: PendingWrite[] = [];
    const left: PendingWrite[] = [];
    for (const write of pending) (isTaken(write) ? taken : left).push(write);
    pending = left;
    return taken;
  }

  return {
    add: (write) => {
      pending.push(write);
    },
    takeGroup(onlySmall, maxWrites) {
      let count = 0;
      let bytes = 0;
      let isFull = false;
      return take((write) => {
        if (isFull || (onlySmall && write.bytes > 0)) return false;
        isFull = count > 0 && (count >= maxWrites || bytes + write.bytes > GROUP_BYTES);
        if (isFull) return false;
        count += 1;
        bytes += write.bytes;
        return true;
      });
    },
    hasSmall: () => pending.some((write) => write.bytes === 0),
    restore: (group) => {
      pending = [...group, ...pending];
    },
    takeExpired(now) {
      if (!pending.some((write) => write.deadline <= now)) return [];
      return take((write) => write.deadline <= now);
    },
    takeAll: () => take(() => true),
    size: () => pending.length,
  };
}
