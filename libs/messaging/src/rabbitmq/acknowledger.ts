/** The two commands of a channel that settle deliveries. */
export interface SettlingChannel {
  ack(tag: number, allUpTo: boolean): void;
  requeue(tag: number): void;
}

export interface Acknowledger {
  /** A delivery arrived; tags of one channel grow by one. */
  delivered(tag: number): void;
  acknowledge(tag: number): void;
  /** Back to the queue, counted as a failure. */
  requeue(tag: number): void;
  /** Sends the acknowledgements that still wait for their batch. */
  flush(): void;
  /** Resolves when nothing is in hand any more, or the channel is gone. */
  emptied(): Promise<void>;
  /** The channel is gone: settles nothing any more. */
  stop(): void;
}

/**
 * Gathers the acknowledgements of one turn of the event loop, and sends those below the oldest open delivery as
 * one command. The others go one by one, since a command for many settles everything below its tag.
 */
export function createAcknowledger(channel: SettlingChannel): Acknowledger {
  /** Unsettled tags, oldest first. */
  const open = new Set<number>();
  let batch: number[] = [];
  let scheduled: NodeJS.Immediate | undefined;
  let isStopped = false;
  let wakeEmptied: (() => void) | undefined;

  function flush(): void {
    clearImmediate(scheduled);
    scheduled = undefined;
    if (batch.length === 0 || isStopped) return;
    const oldestOpen = open.values().next().value ?? Number.POSITIVE_INFINITY;
    let upTo = 0;
    let below = 0;
    for (const tag of batch) {
      if (tag > oldestOpen) {
        channel.ack(tag, false);
        continue;
      }
      below += 1;
      if (tag > upTo) upTo = tag;
    }
    batch = [];
    if (below > 0) channel.ack(upTo, below > 1);
  }

  return {
    delivered: (tag) => {
      open.add(tag);
    },
    acknowledge: (tag) => {
      if (isStopped || !open.delete(tag)) return;
      batch.push(tag);
      // Nothing is in hand: perhaps the next message waits for just this acknowledgement.
      if (open.size > 0) scheduled ??= setImmediate(flush);
      else {
        flush();
        wakeEmptied?.();
      }
    },
    requeue: (tag) => {
      // At once: a later command for many may pass over this tag then.
      if (isStopped || !open.delete(tag)) return;
      channel.requeue(tag);
      if (open.size === 0) wakeEmptied?.();
    },
    flush,
    emptied: async () => {
      if (open.size === 0 || isStopped) return;
      await new Promise<void>((resolve) => {
        wakeEmptied = resolve;
      });
    },
    stop: () => {
      isStopped = true;
      clearImmediate(scheduled);
      wakeEmptied?.();
    },
  };
}
