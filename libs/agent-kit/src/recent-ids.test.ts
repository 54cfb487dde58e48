import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRecentIds } from './recent-ids.ts';

describe('recent ids', () => {
  it('knows those that were added, and the oldest no more when there are too many', () => {
    const ids = createRecentIds(2);
    ids.add('a');
    ids.add('b');
    expect([ids.has('a'), ids.has('b'), ids.has('c')]).toEqual([true, true, false]);
    ids.add('c');
    expect([ids.has('a'), ids.has('b'), ids.has('c')]).toEqual([false, true, true]);
  });

  it('counts an id that is added again once', () => {
    const ids = createRecentIds(2);
    for (const id of ['a', 'b', 'b', 'b']) ids.add(id);
    expect(ids.has('a')).toBe(true);
  });

  it('knows the last ones of any sequence of different ids', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), fc.integer({ min: 1, max: 20 }), (sequence, capacity) => {
        const ids = createRecentIds(capacity);
        for (const id of sequence) ids.add(id);
        expect(sequence.filter((id) => ids.has(id))).toEqual(sequence.slice(-capacity));
      }),
    );
  });
});
