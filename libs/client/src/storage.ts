import type { QueuedMessage } from './outbox.ts';

/**
 * Where messages are kept until the server acknowledges them. Any method may throw: the client reports it and goes
 * on with what it has in memory. Several clients may share one storage: what one of them left behind, another sends;
 * sent twice does no harm, since the id is the idempotency key.
 */
export interface ClientStorage {
  /** Everything kept, in any order; the client leaves out what is no message. */
  load(): readonly unknown[];
  /** Adds the message, or replaces the one with the same `frame.id`. */
  save(message: QueuedMessage): void;
  /** Ids that are not there are ignored. */
  remove(messageId: string): void;
}

/** Keeps messages as long as this process lives. */
export function memoryStorage(): ClientStorage {
  const kept = new Map<string, QueuedMessage>();
  return {
    load: () => [...kept.values()],
    save: (message) => void kept.set(message.frame.id, message),
    remove: (messageId) => void kept.delete(messageId),
  };
}
