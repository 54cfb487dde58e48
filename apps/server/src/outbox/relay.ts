import type { MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';

/** Brings what was stored to where it has to go: at once when it is stored, again when that failed. */
export interface Relay<Entry> {
  /** Publishes the entry; failures are taken up by the next sweep. */
  send(entry: Entry): void;
  /** Resolves when there is room for one more on its way: what waits here grows the sender's `ack`, not memory. */
  room(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

/** One kind of entry that the store keeps until it is published. */
export interface Outbox<Entry> {
  /** For the log: `messages`. */
  readonly name: string;
  idOf(entry: Entry): string;
  publish(entry: Entry): Promise<void>;
  /** The queue holds the entry. */
  onPublished(entry: Entry): void;
  take(options: { limit: number; olderThanMs: number; leaseMs: number }): Promise<Entry[]>;
}

const SWEEP_MS = 2000;
const SWEEP_PAGE = 500;
const LEASE_MS = 30_000;
/** Older entries were not published by whoever stored them: longer than a publish may take. */
const STALE_MS = 35_000;
/** After a failure here nobody waits that long; what is taken too early is published twice and dropped downstream. */
const FAILED_MS = 5000;
const MAX_IN_FLIGHT = 2000;

export function createRelay<Entry>(
  outbox: Outbox<Entry>,
  { bus, logger }: { bus: MessageBus; logger: Logger },
): Relay<Entry> {
  let inFlight = 0;
  // Who waits for room gets it in the order of asking: messages of one sender must not overtake each other.
  let queue: Promise<void> = Promise.resolve();
  let waiting = 0;
  let wake: (() => void) | undefined;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> = Promise.resolve();
  let isFirstSweep = true;
  let failedAt = Number.NEGATIVE_INFINITY;
  const publishing = new Set<Promise<void>>();

  const publish = async (entry: Entry): Promise<void> => {
    inFlight += 1;
    try {
      await outbox.publish(entry);
      outbox.onPublished(entry);
    } catch (err) {
      failedAt = performance.now();
      logger.warn({ err, id: outbox.idOf(entry) }, `some ${outbox.name} could not be published yet`);
    } finally {
      inFlight -= 1;
      wake?.();
    }
  };

  const hasRoom = (): boolean => inFlight < MAX_IN_FLIGHT || isStopped;
  const untilRoom = async (): Promise<void> => {
    while (!hasRoom())
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    waiting -= 1;
  };

  const send = (entry: Entry): void => {
    const promise = publish(entry).finally(() => publishing.delete(promise));
    publishing.add(promise);
  };

  /** What an earlier run of this server left behind is taken up at once. */
  const sweepAgeMs = (): number => {
    if (isFirstSweep) return 0;
    return performance.now() - failedAt < STALE_MS ? FAILED_MS : STALE_MS;
  };

  const sweep = async (): Promise<void> => {
    if (bus.health().state !== 'up') return;
    const olderThanMs = sweepAgeMs();
    isFirstSweep = false;
    for (;;) {
      const entries = await outbox.take({ limit: SWEEP_PAGE, olderThanMs, leaseMs: LEASE_MS });
      if (entries.length === 0) return;
      logger.info({ count: entries.length }, `publishing ${outbox.name} that were stored before`);
      for (const entry of entries) send(entry);
      await Promise.all(publishing);
      if (isStopped) return;
    }
  };

  const runSweep = (): void => {
    sweeping = sweep()
      .catch((err: unknown) => {
        failedAt = performance.now();
        logger.warn({ err }, `the outbox of ${outbox.name} could not be read`);
      })
      .finally(() => {
        if (!isStopped) timer = setTimeout(runSweep, SWEEP_MS);
      });
  };

  return {
    send,
    room() {
      if (waiting === 0 && hasRoom()) return Promise.resolve();
      waiting += 1;
      queue = queue.then(untilRoom);
      return queue;
    },
    start: runSweep,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      wake?.();
      await sweeping;
      await Promise.all(publishing);
    },
  };
}
