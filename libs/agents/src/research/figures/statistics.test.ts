import { describe, expect, it } from '@jest/globals';
import type { PriceDay } from './price-series.ts';
import {
  averageVolume,
  correlation,
  dailyVolatility,
  highest,
  largestDrawdown,
  lowest,
  totalReturn,
  yearly,
} from './statistics.ts';

/** Days from 1 October on, with these closes. */
const daysOf = (...closes: readonly number[]): PriceDay[] =>
  closes.map((close, index) => ({
    date: `2026-10-${String(index + 1).padStart(2, '0')}`,
    close,
    high: close + 1,
    low: close - 1,
    volume: index === 0 ? null : index * 100,
  }));

describe('the statistics of prices', () => {
  it('have the return from the first close to the last', () => {
    expect(totalReturn(daysOf(80, 200, 100))).toBeCloseTo(0.25, 12);
    expect(totalReturn(daysOf(80))).toBe(0);
  });

  it('have the volatility as the sample deviation of logarithmic returns', () => {
    // Returns of ln 2, -ln 2, ln 2, -ln 2: deviation ln 2 · √(4/3).
    expect(dailyVolatility(daysOf(1, 2, 1, 2, 1))).toBeCloseTo(Math.LN2 * Math.sqrt(4 / 3), 12);
    expect(dailyVolatility(daysOf(1, 2, 4, 8))).toBeCloseTo(0, 12);
    expect(dailyVolatility(daysOf(1, 2))).toBeUndefined();
    expect(yearly(0.01)).toBeCloseTo(0.158745, 6);
  });

  it('have highs and lows of the day, not closes', () => {
    expect(highest(daysOf(5, 9, 7))).toEqual({ date: '2026-10-02', price: 10 });
    expect(lowest(daysOf(5, 9, 7))).toEqual({ date: '2026-10-01', price: 4 });
  });

  it('have the deepest fall from an earlier close to a later one', () => {
    expect(largestDrawdown(daysOf(10, 8, 20, 15, 30, 18, 40))).toEqual({
      depth: -0.4,
      from: { date: '2026-10-05', price: 30 },
      to: { date: '2026-10-06', price: 18 },
    });
    expect(largestDrawdown(daysOf(1, 2, 3)).depth).toBe(0);
  });

  it('have the average of the volumes that are known', () => {
    expect(averageVolume(daysOf(1, 1, 1, 1))).toBe(200);
    expect(averageVolume(daysOf(1))).toBeUndefined();
  });

  it('have the correlation over the days that both have', () => {
    const one = daysOf(10, 11, 10, 12, 11, 13);
    expect(correlation(one, daysOf(20, 22, 20, 24, 22, 26))).toBeCloseTo(1, 12);
    expect(correlation(one, daysOf(1 / 10, 1 / 11, 1 / 10, 1 / 12, 1 / 11, 1 / 13))).toBeCloseTo(-1, 12);
    expect(correlation(one, daysOf(20, 22, 20))).toBeUndefined();
    expect(correlation(one, daysOf(5, 5, 5, 5, 5, 5))).toBeUndefined();
    const gap = one.filter((_, index) => index !== 2);
    expect(correlation(one, gap)).toBeCloseTo(1, 12);
  });
});
