/** An event as its reader gets it. */
export interface Shown {
  readonly id: string;
  /** Its place in the log. */
  readonly number: number;
  readonly text: string;
}

/** One reader's place in one channel. */
export interface Following {
  /** An event came: sent at once, or, while the past is being read, after it. */
  take(event: Shown): void;
  /**
   * Sends the last events, then those that came meanwhile. No event of the past comes again.
   * @param read resolves with the last `limit` events, oldest first
   */
  after(read: (limit: number) => Promise<readonly Shown[]>, limit: number): Promise<void>;
}

export function createFollowing(send: (text: string) => void): Following {
  /** Events that come while the past is read; undefined while nobody reads it. */
  let waiting: Shown[] | undefined;
  let reading = 0;
  /** An event that was logged just before the past was read still comes to the followers. */
  const inPast = new Set<string>();
  /** Of the oldest event of the past that was asked for: an older one that comes late is more than that. */
  let firstNumber = Number.POSITIVE_INFINITY;

  const sendNew = ({ id, number, text }: Shown): void => {
    if (!inPast.delete(id) && number >= firstNumber) send(text);
  };

  return {
    take(event) {
      if (waiting === undefined) sendNew(event);
      else waiting.push(event);
    },
    async after(read, limit) {
      waiting ??= [];
      reading += 1;
      try {
        const past = limit === 0 ? [] : await read(limit);
        inPast.clear();
        // Asked again with fewer, the reader still gets the events that it has followed since.
        firstNumber = Math.min(firstNumber, past.length === limit ? (past[0]?.number ?? 0) : 0);
        for (const { id, text } of past) {
          inPast.add(id);
          send(text);
        }
      } finally {
        reading -= 1;
        if (reading === 0) {
          const late = waiting;
          waiting = undefined;
          late.forEach(sendNew);
        }
      }
    },
  };
}
