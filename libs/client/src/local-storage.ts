import type { ClientStorage } from './storage.ts';

/** The used part of the Web Storage API: `localStorage` and `sessionStorage` have it. */
export interface WebStorageLike {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface LocalStorageOptions {
  /**
   * The prefix of every key. It should contain the user's id: another user of this browser must not send this user's
   * messages. @default 'parley'
   */
  readonly namespace?: string;
  /** @default globalThis.localStorage */
  readonly storage?: WebStorageLike;
}

/**
 * Keeps messages in the browser over reloads. Every message has a key of its own, so that tabs with the same storage do
 * not overwrite each other's messages. Methods throw the browser's errors: quota exceeded, storage forbidden.
 */
export function localStorageAdapter(options: LocalStorageOptions = {}): ClientStorage {
  const prefix = `${options.namespace ?? 'parley'}:outbox:`;
  // Looked up on every use: with cookies blocked, the access to `localStorage` throws.
  const storage = () => options.storage ?? browserStorage();

  return {
    load() {
      const all = storage();
      return Array.from({ length: all.length }, (_, index) => all.key(index))
        .filter((key) => key?.startsWith(prefix))
        .map((key) => parse(key === null ? null : all.getItem(key)));
    },
    save(message) {
      storage().setItem(prefix + message.frame.id, JSON.stringify(message));
    },
    remove(messageId) {
      storage().removeItem(prefix + messageId);
    },
  };
}

function browserStorage(): WebStorageLike {
  const found = (globalThis as { localStorage?: WebStorageLike }).localStorage;
  if (found === undefined) throw new Error('there is no localStorage here');
  return found;
}

/** The value, or the text itself if it is not JSON: the client reports both when they are not messages. */
function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return text;
  }
}
