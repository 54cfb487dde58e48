import { describe, expect, it } from '@jest/globals';
import { loadLastSeen, markSeen, storeLastSeen, unreadCount } from './last-seen.ts';

function memoryStorage(entries: Record<string, string> = {}) {
  const map = new Map(Object.entries(entries));
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
  };
}

describe('last seen', () => {
  it('outlives the page', () => {
    const storage = memoryStorage();
    storeLastSeen(storage, markSeen({}, 'c', 7));
    expect(loadLastSeen(storage)).toEqual({ c: 7 });
  });

  it('keeps the progress of another tab', () => {
    const storage = memoryStorage();
    storeLastSeen(storage, { c: 7, d: 1 });
    expect(storeLastSeen(storage, { c: 3, e: 2 })).toEqual({ c: 7, d: 1, e: 2 });
    expect(loadLastSeen(storage)).toEqual({ c: 7, d: 1, e: 2 });
  });

  it('starts afresh from an entry that cannot be read', () => {
    expect(loadLastSeen(memoryStorage({ 'parley.last-seen': '{"c":' }))).toEqual({});
    expect(loadLastSeen(memoryStorage({ 'parley.last-seen': '{"c":"seven"}' }))).toEqual({});
  });

  it('goes forward only', () => {
    const seen = markSeen({}, 'c', 7);
    expect(markSeen(seen, 'c', 3)).toBe(seen);
    expect(markSeen(seen, 'c', 8)).toEqual({ c: 8 });
  });

  it('forgets the conversation seen longest ago', () => {
    let seen = markSeen({}, 'first', 1);
    for (let index = 0; index < 1000; index++) seen = markSeen(seen, `c${index}`, 1);
    expect(Object.keys(seen)).toHaveLength(1000);
    expect(seen.first).toBeUndefined();
    expect(seen.c999).toBe(1);
  });

  it('counts later messages as unread', () => {
    expect(unreadCount({ c: 3 }, { id: 'c', lastSeq: 5 })).toBe(2);
    expect(unreadCount({ c: 5 }, { id: 'c', lastSeq: 5 })).toBe(0);
    expect(unreadCount({}, { id: 'c', lastSeq: 5 })).toBe(0);
  });
});
