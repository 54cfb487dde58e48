import type { ClientStorage } from './storage.ts';

/** The part of the Web Storage API that is needed: `localStorage` and `sessionStorage` have it. */
export interface WebStorageLike {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface LocalStorageOptions {
  /**
   * Begins every key. Put the user's id into it: another user of this browser must not send what this one wrote.
   * @default 'parley'
   */
  readonly namespace?: string;
  /** @default globalThis.localStorage */
  readonly storage?: WebStorageLike;
}

/**
 * Keeps messages in the browser beyond a reload. Every message has a key of its own, so that tabs which share the
 * storage do not overwrite each other's. Methods throw what the browser throws: quota reached, storage forbidden.
 */
export function localStorageAdapter(options: LocalStorageOptions = {}): ClientStorage {
  const prefix = `${options.namespace ?? 'parley'}:outbox:`;
  // Looked up on every use: with cookies blocked, already the look at `localStorage` throws.
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

/** The value, or the text itself where it is not JSON: the client reports either when it is no message. */
function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return text;
  }
}
