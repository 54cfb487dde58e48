import type { WebStorageLike } from '../src/local-storage.ts';

/** A browser's `localStorage` in memory. @param quota the number of entries after which it throws */
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
