/** Frames for the external server, in order, kept while it is away. */
export interface KeptFrames {
  readonly size: number;
  /** Sends it, or keeps it until `flush`. */
  send(data: string): void;
  /** The connection is there again: sends the kept frames. */
  flush(): void;
  /** Resolves when nothing is under way or kept, or after `timeoutMs`. */
  settled(timeoutMs: number): Promise<void>;
}

export interface KeptFramesOptions {
  /** At most so many; then the oldest goes. */
  readonly limit: number;
  /** @returns whether it was handed to the network */
  readonly transmit: (data: string) => Promise<boolean>;
  readonly onSent: () => void;
  readonly onDropped: () => void;
}

export function createKeptFrames({ limit, transmit, onSent, onDropped }: KeptFramesOptions): KeptFrames {
  const kept: string[] = [];
  let underWay = 0;
  let isSending = false;
  /** There is a new connection since the frame that is under way was tried. */
  let isFresh = false;
  const idle = new Set<() => void>();

  /** One after the other: a frame that fails stays at the head, and so the order is kept. */
  async function pump(): Promise<void> {
    if (isSending) return;
    isSending = true;
    try {
      for (let data = kept.shift(); data !== undefined; data = kept.shift()) {
        underWay = 1;
        isFresh = false;
        const isSent = await transmit(data);
        underWay = 0;
        if (isSent) {
          onSent();
          continue;
        }
        kept.unshift(data);
        trim();
        if (!isFresh) return;
      }
      for (const done of idle) done();
    } finally {
      isSending = false;
    }
  }

  function trim(): void {
    while (kept.length > limit) {
      kept.shift();
      onDropped();
    }
  }

  return {
    get size() {
      return kept.length + underWay;
    },
    send(data) {
      kept.push(data);
      trim();
      void pump();
    },
    flush() {
      isFresh = true;
      void pump();
    },
    async settled(timeoutMs) {
      if (kept.length + underWay === 0) return;
      const done = Promise.withResolvers<void>();
      idle.add(done.resolve);
      const timer = setTimeout(done.resolve, timeoutMs);
      await done.promise;
      clearTimeout(timer);
      idle.delete(done.resolve);
    },
  };
}
