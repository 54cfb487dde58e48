import type { QueuedMessage } from './outbox.ts';

/**
 * Keeps messages until the server acknowledges them. Any method may throw: the client reports the error and continues with
 * its messages in memory. Several clients may share one storage: each sends the messages that another left behind.
 * Sending twice does no harm, since the id is the idempotency key.
 */
export interface ClientStorage {
  /** All entries, in any order; the client ignores entries that are not messages. */
  load(): readonly unknown[];
  /** Adds the message, or replaces the one with the same `frame.id`. */
  save(message: QueuedMessage): void;
  /** Unknown ids are ignored. */
  remove(messageId: string): void;
}

/** Keeps messages in memory, as long as the process lives. */
export function memoryStorage(): ClientStorage {
  const kept = new Map<string, QueuedMessage>();
  return {
    load: () => [...kept.values()],
    save: (message) => void kept.set(message.frame.id, message),
    remove: (messageId) => void kept.delete(messageId),
  };
}
