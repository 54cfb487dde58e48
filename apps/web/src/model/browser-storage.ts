import { reportProblem } from './failures.ts';

export type SmallStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/**
 * The browser's storage, which may be forbidden, full or removed at any time. Then the values are kept in memory, as long
 * as the page.
 * @param find `() => window.localStorage`: already the access to the property can throw
 */
export function browserStorage(find: () => SmallStorage): SmallStorage {
  const fallback = new Map<string, string>();
  let hasFailed = false;

  function attempt<T>(run: (storage: SmallStorage) => T, otherwise: () => T): T {
    try {
      return run(find());
    } catch (error) {
      if (!hasFailed) reportProblem('the browser stores nothing', error);
      hasFailed = true;
      return otherwise();
    }
  }

  return {
    getItem: (key) =>
      fallback.get(key) ??
      attempt(
        (storage) => storage.getItem(key),
        () => null,
      ),
    setItem(key, value) {
      fallback.delete(key);
      attempt(
        (storage) => storage.setItem(key, value),
        () => void fallback.set(key, value),
      );
    },
    removeItem(key) {
      fallback.delete(key);
      attempt(
        (storage) => storage.removeItem(key),
        () => undefined,
      );
    },
  };
}
