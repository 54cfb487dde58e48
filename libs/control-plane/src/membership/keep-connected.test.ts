import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backoffDelay } from './keep-connected.ts';

const attempts = fc.nat({ max: 5_000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const options = fc.record({
  baseMs: fc.integer({ min: 1, max: 1_000 }),
  maxMs: fc.integer({ min: 1, max: 60_000 }),
});

describe('backoffDelay', () => {
  it('stays between 0 and both bounds, for any attempt', () => {
    fc.assert(
      fc.property(attempts, options, random, (attempt, bounds, value) => {
        const delay = backoffDelay(attempt, bounds, () => value);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThan(bounds.maxMs);
        if (attempt < 30) expect(delay).toBeLessThan(bounds.baseMs * 2 ** attempt);
      }),
    );
  });

  it('never bounds a later attempt more than an earlier one', () => {
    fc.assert(
      fc.property(attempts, options, random, (attempt, bounds, value) => {
        const delay = (number: number): number => backoffDelay(number, bounds, () => value);
        expect(delay(attempt + 1)).toBeGreaterThanOrEqual(delay(attempt));
      }),
    );
  });

  it('doubles the bound until it is reached, and spreads over all of it', () => {
    const almostOne = (): number => 0.999_999;
    const bounds = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => Math.round(backoffDelay(n, {}, almostOne)));
    expect(bounds).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(backoffDelay(7, {}, () => 0)).toBe(0);
  });
});
