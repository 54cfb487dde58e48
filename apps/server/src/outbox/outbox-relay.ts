import type { MessageBus } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import { BROKER_INPUT_QUEUE } from '@parley/shared-models';
import type { OutboxEntry, Store } from '@parley/store';
import { createBatch } from '../batch.ts';
import { chatEnvelope } from './chat-envelope.ts';

/** Brings stored messages to `broker_input_queue`: at once when they are stored, again when that failed. */
export interface OutboxRelay {
  /** Publishes the entry; failures are taken up by the next sweep. */
  send(entry: OutboxEntry): void;
  /** Resolves when there is room for one more message on its way: what waits here grows the sender's `ack`, not memory. */
  room(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

const SWEEP_MS = 2000;
const SWEEP_PAGE = 500;
const LEASE_MS = 30_000;
/** Older entries were not published by whoever stored them: longer than a publish may take. */
const STALE_MS = 35_000;
/** After a failure here nobody waits that long; what is taken too early is published twice and dropped downstream. */
const FAILED_MS = 5000;
const MAX_IN_FLIGHT = 2000;

export function createOutboxRelay(options: { store: Store; bus: MessageBus; logger: Logger }): OutboxRelay {
  const { store, bus, logger } = options;
  let inFlight = 0;
  let waiters: (() => void)[] = [];
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> = Promise.resolve();
  // What an earlier run of this server left behind is taken up at once.
  let sweepAgeMs = 0;
  const publishing = new Set<Promise<void>>();

  const published = createBatch<string>(
    (ids) => store.markPublished(ids),
    // They are published again by a later sweep; the duplicates are dropped downstream.
    (err, ids) => logger.warn({ err, messages: ids.length }, 'published messages could not be marked so'),
  );

  const publish = async (entry: OutboxEntry): Promise<void> => {
    inFlight += 1;
    try {
      await bus.publish(BROKER_INPUT_QUEUE, chatEnvelope(entry));
      published.add(entry.message.id);
    } catch (err) {
      sweepAgeMs = Math.min(sweepAgeMs, FAILED_MS);
      logger.warn({ err, messageId: entry.message.id }, 'a stored message could not be published yet');
    } finally {
      inFlight -= 1;
      if (waiters.length > 0 && inFlight < MAX_IN_FLIGHT) {
        const ready = waiters;
        waiters = [];
        for (const resolve of ready) resolve();
      }
    }
  };

  const send = (entry: OutboxEntry): void => {
    const promise = publish(entry).finally(() => publishing.delete(promise));
    publishing.add(promise);
  };

  const sweep = async (): Promise<void> => {
    if (bus.health().state !== 'up') return;
    const olderThanMs = sweepAgeMs;
    sweepAgeMs = STALE_MS;
    for (;;) {
      const entries = await store.takeOutbox({ limit: SWEEP_PAGE, olderThanMs, leaseMs: LEASE_MS });
      if (entries.length === 0) return;
      logger.info({ messages: entries.length }, 'publishing messages that were stored before');
      for (const entry of entries) send(entry);
      await Promise.all(publishing);
      if (isStopped) return;
    }
  };

  const runSweep = (): void => {
    sweeping = sweep()
      .catch((err: unknown) => {
        sweepAgeMs = FAILED_MS;
        logger.warn({ err }, 'the outbox could not be read');
      })
      .finally(() => {
        if (!isStopped) timer = setTimeout(runSweep, SWEEP_MS);
      });
  };

  return {
    send,
    async room() {
      while (inFlight >= MAX_IN_FLIGHT && !isStopped)
        await new Promise<void>((resolve) => waiters.push(resolve));
    },
    start: runSweep,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      for (const resolve of waiters) resolve();
      await sweeping;
      await Promise.all(publishing);
      await published.settled();
    },
  };
}
