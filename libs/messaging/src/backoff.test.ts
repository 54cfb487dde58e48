import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fullJitter } from './backoff.ts';
import { retryDelayOf } from './bus-options.ts';

describe('back-off', () => {
  it('stays within a bound that doubles with each failure up to the maximum', () => {
    fc.assert(
      fc.property(fc.nat(2000), (failures) => {
        const delay = fullJitter({ minMs: 100, maxMs: 5000 }, failures);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(Math.min(5000, 100 * 2 ** failures));
      }),
    );
  });

  it('spreads over the whole range', () => {
    const delays = Array.from({ length: 500 }, () => fullJitter({ minMs: 100, maxMs: 5000 }, 20));
    expect(Math.min(...delays)).toBeLessThan(1000);
    expect(Math.max(...delays)).toBeGreaterThan(4000);
  });

  it('doubles the delay of a failing message up to the maximum', () => {
    const delays = [0, 1, 2, 3, 4, 5000].map((failures) =>
      retryDelayOf({ minMs: 100, maxMs: 1000 }, failures),
    );
    expect(delays).toEqual([100, 200, 400, 800, 1000, 1000]);
  });
});
