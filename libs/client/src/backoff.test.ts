import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createBackoff } from './backoff.ts';

const almostOne = () => 1 - Number.EPSILON;

describe('back-off', () => {
  it('doubles the limit of the wait with every try, up to the longest', () => {
    const backoff = createBackoff({ minMs: 250, maxMs: 10_000, random: almostOne });
    const waits = Array.from({ length: 8 }, () => backoff.next());
    expect(waits).toEqual([249, 499, 999, 1999, 3999, 7999, 9999, 9999]);
  });

  it('begins short again after a reset', () => {
    const backoff = createBackoff({ minMs: 250, maxMs: 10_000, random: almostOne });
    backoff.next();
    backoff.next();
    backoff.reset();
    expect(backoff.next()).toBe(249);
  });

  it('draws every wait from zero to the limit, however many tries there were', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
          minLength: 1,
          maxLength: 1200,
        }),
        (minMs, maxMs, draws) => {
          let index = 0;
          const backoff = createBackoff({ minMs, maxMs, random: () => draws[index] ?? 0 });
          for (; index < draws.length; index++) {
            const wait = backoff.next();
            expect(Number.isInteger(wait)).toBe(true);
            expect(wait).toBeGreaterThanOrEqual(0);
            expect(wait).toBeLessThanOrEqual(Math.min(maxMs, minMs * 2 ** index));
          }
        },
      ),
    );
  });
});
