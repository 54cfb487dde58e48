import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TokenBucket } from './user-limits.ts';

describe('the token bucket', () => {
  it("lets a second's worth pass at once, and then says how long to wait", () => {
    const bucket = new TokenBucket(10);
    const waits = Array.from({ length: 12 }, () => bucket.take(5000));
    expect(waits).toEqual([...Array(10).fill(0), 100, 100]);
  });

  it('lets pass again after the wait that it said, and not before', () => {
    const bucket = new TokenBucket(10);
    for (let count = 0; count < 10; count++) bucket.take(5000);
    expect(bucket.take(5040)).toBe(60);
    expect(bucket.take(5050)).toBe(50);
    expect(bucket.take(5100)).toBe(0);
    expect(bucket.take(5100)).toBe(100);
  });

  it('saves up no more than a second', () => {
    const bucket = new TokenBucket(10);
    bucket.take(5000);
    const passed = Array.from({ length: 30 }, () => bucket.take(600_000)).filter((wait) => wait === 0);
    expect(passed).toHaveLength(10);
  });

  it('never lets more pass than its rate and one burst, in whatever rhythm', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), gaps, (rate, rhythm) => {
        const bucket = new TokenBucket(rate);
        let now = 1;
        let passed = 0;
        for (const gap of rhythm) {
          now += gap;
          if (bucket.take(now) === 0) passed += 1;
        }
        expect(passed).toBeLessThanOrEqual(rate + ((now - 1) * rate) / 1000 + 1e-6);
      }),
    );
  });

  it('lets everything pass that keeps to the rate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.nat({ max: 300 }), (rate, count) => {
        const bucket = new TokenBucket(rate);
        for (let index = 0; index < count; index++)
          expect(bucket.take(1 + Math.ceil((index * 1000) / rate))).toBe(0);
      }),
    );
  });
});
