import type { Logger } from '@parley/process-kit';
import type { Store } from '@parley/store';

/**
 * Finds messages that other servers stored and whose signals were lost. Signals are sent without confirm, and their
 * loss is no outage: without these looks a reader would wait until the next message or a reconnect.
 */
export interface MissedMessages {
  start(): void;
  stop(): Promise<void>;
}

const LOOK_MS = 5000;

export function createMissedMessages(options: {
  readonly store: Pick<Store, 'lastSeqs'>;
  readonly logger: Logger;
  /** The conversations in which something may have been missed; empty: nothing is read. */
  readonly conversationIds: () => readonly string[];
  /** So far the conversation is in the store. */
  readonly onLastSeq: (conversationId: string, lastSeq: number) => void;
  /** Between two looks, in milliseconds. @default 5000 */
  readonly lookMs?: number;
}): MissedMessages {
  const { store, logger, conversationIds, onLastSeq, lookMs = LOOK_MS } = options;
  let isStopped = false;
  let isFailing = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();

  const look = async (): Promise<void> => {
    const ids = conversationIds();
    if (ids.length === 0) return;
    const lastSeqs = await store.lastSeqs(ids);
    isFailing = false;
    if (isStopped) return;
    for (const [conversationId, lastSeq] of lastSeqs) onLastSeq(conversationId, lastSeq);
  };

  const run = (): void => {
    looking = look()
      .catch((err: unknown) => {
        // Once for an outage: the store says itself that it is away.
        if (!isFailing)
          logger.warn({ err }, 'the messages that signals may have missed could not be read; trying again');
        isFailing = true;
      })
      .finally(startNext);
  };
  const startNext = (): void => {
    if (!isStopped) timer = setTimeout(run, lookMs);
  };

  return {
    start: startNext,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
