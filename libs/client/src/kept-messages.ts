import { ClientFrames, Id } from '@parley/shared-models';
import type { Report } from './client-events.ts';
import { isTooLarge } from './frame-size.ts';
import type { QueuedMessage } from './outbox.ts';
import type { ClientStorage } from './storage.ts';

/** A storage that never throws and returns only messages. */
export interface KeptMessages {
  load(): readonly QueuedMessage[];
  save(message: QueuedMessage): void;
  remove(messageId: string): void;
}

/** Reports a failing storage once, and again when it fails after it has worked; invalid entries once. */
export function createKeptMessages(storage: ClientStorage, report: Report): KeptMessages {
  let isFailing = false;
  let hasReportedInvalid = false;

  function attempt<T>(doing: string, otherwise: T, run: () => T): T {
    try {
      const result = run();
      isFailing = false;
      return result;
    } catch (error) {
      if (!isFailing) {
        const message = `the storage failed ${doing}; unsent messages are kept in memory only`;
        report({ code: 'store_unavailable', message, cause: error });
      }
      isFailing = true;
      return otherwise;
    }
  }

  return {
    load() {
      const entries = attempt('to load', [], () => storage.load());
      const messages = entries.map(asQueuedMessage).filter((message) => message !== undefined);
      if (messages.length < entries.length && !hasReportedInvalid) {
        hasReportedInvalid = true;
        const count = entries.length - messages.length;
        report({
          code: 'malformed_message',
          message: `${count} entries in the storage are not messages and are ignored`,
        });
      }
      return messages;
    },
    save: (message) => attempt('to save', undefined, () => storage.save(message)),
    remove: (messageId) => attempt('to remove', undefined, () => storage.remove(messageId)),
  };
}

function asQueuedMessage(entry: unknown): QueuedMessage | undefined {
  const { position, frame } = (entry ?? {}) as { position?: unknown; frame?: unknown };
  const place = Id.safeParse(position);
  const message = ClientFrames['message.send'].safeParse(frame);
  if (!place.success || !message.success) return undefined;
  const { conversationId } = message.data;
  if (conversationId === undefined || isTooLarge(JSON.stringify(message.data))) return undefined;
  return { position: place.data, frame: { ...message.data, conversationId } };
}
