import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { browserStorage } from './browser-storage.ts';

describe('browserStorage', () => {
  let warned: jest.Mock<() => void>;
  beforeEach(() => {
    warned = jest.fn();
    jest.spyOn(console, 'warn').mockImplementation(warned);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('goes on in memory when storage is forbidden, and says so once', () => {
    const storage = browserStorage(() => {
      throw new Error('The operation is insecure.');
    });
    storage.setItem('a', '1');
    expect(storage.getItem('a')).toBe('1');
    expect(storage.getItem('b')).toBeNull();
    storage.removeItem('a');
    expect(storage.getItem('a')).toBeNull();
    expect(warned).toHaveBeenCalledTimes(1);
  });

  it('keeps the newest value when the storage is full', () => {
    const stored = new Map([['a', 'old']]);
    const storage = browserStorage(() => ({
      getItem: (key) => stored.get(key) ?? null,
      setItem: () => {
        throw new Error('QuotaExceededError');
      },
      removeItem: (key) => void stored.delete(key),
    }));
    storage.setItem('a', 'new');
    expect(storage.getItem('a')).toBe('new');
  });
});
