/** An event as its reader gets it. */
export interface Shown {
  readonly id: string;
  readonly text: string;
}

/** One reader's place in one channel. */
export interface Following {
  /** An event came: sent at once, or, while the past is being read, after it. */
  take(event: Shown): void;
  /** Sends what `read` resolves with, then what came meanwhile. Nothing that was in the past comes again. */
  after(read: () => Promise<readonly Shown[]>): Promise<void>;
}

export function createFollowing(send: (text: string) => void): Following {
  /** Events that come while the past is read; undefined while nobody reads it. */
  let waiting: Shown[] | undefined;
  let reading = 0;
  /** An event that was logged just before the past was read still comes to those who follow. */
  const inPast = new Set<string>();

  const sendNew = ({ id, text }: Shown): void => {
    if (!inPast.delete(id)) send(text);
  };

  return {
    take(event) {
      if (waiting === undefined) sendNew(event);
      else waiting.push(event);
    },
    async after(read) {
      waiting ??= [];
      reading += 1;
      try {
        const past = await read();
        inPast.clear();
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
