import type { WebStorageLike } from '../src/local-storage.ts';

/** What a browser's `localStorage` does. @param quota the number of entries it takes before it throws */
export function createFakeStorage({ quota = Number.POSITIVE_INFINITY } = {}): WebStorageLike {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem(key, value) {
      if (!items.has(key) && items.size >= quota) {
        throw new DOMException('the quota has been exceeded', 'QuotaExceededError');
      }
      items.set(key, value);
    },
    removeItem: (key) => void items.delete(key),
  };
}
