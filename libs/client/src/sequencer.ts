export interface Sequencer<T extends { readonly seq: number }> {
  /** The last `seq` that was returned; undefined until the beginning is known. */
  readonly lastSeq: number | undefined;
  /** Whether a message exists that was not returned. */
  readonly hasGap: boolean;
  /** Adds a received message; returns the messages that are next in order of `seq`, each once. */
  accept(message: T): readonly T[];
  /** Begins, or begins again, after this `seq`; returns the messages that are next. */
  startAfter(seq: number): readonly T[];
}

/**
 * Brings the messages of one conversation into order: duplicates are dropped, and early messages are held until the ones
 * before them have arrived.
 * @param lastSeq begins after it; without it, the first message that arrives is the beginning
 * @param maxHeld maximum number of early messages. The highest are dropped first: `hasGap` stays true, so they are
 *   requested again
 */
export function createSequencer<T extends { readonly seq: number }>(
  lastSeq?: number,
  maxHeld = 1000,
): Sequencer<T> {
  let last = lastSeq;
  let highest = lastSeq ?? 0;
  const held = new Map<number, T>();

  function hold(message: T): void {
    if (held.size >= maxHeld && !held.has(message.seq)) {
      const top = Math.max(...held.keys());
      if (message.seq > top) return;
      held.delete(top);
    }
    held.set(message.seq, message);
  }

  function drain(from: number): T[] {
    const ready: T[] = [];
    let next = from;
    for (let message = held.get(next); message !== undefined; message = held.get(next)) {
      held.delete(next);
      ready.push(message);
      next += 1;
    }
    last = next - 1;
    return ready;
  }

  return {
    get lastSeq() {
      return last;
    },
    get hasGap() {
      return last !== undefined && last < highest;
    },
    accept(message) {
      const { seq } = message;
      if (last !== undefined && seq <= last) return [];
      highest = Math.max(highest, seq);
      if (last === undefined || seq === last + 1) return [message, ...drain(seq + 1)];
      hold(message);
      return [];
    },
    startAfter(seq) {
      for (const early of held.keys()) if (early <= seq) held.delete(early);
      highest = Math.max(highest, seq);
      return drain(seq + 1);
    },
  };
}
