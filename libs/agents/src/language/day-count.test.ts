import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findDayCounts, sayDays } from './day-count.ts';

describe('days in a text', () => {
  it.each([
    ['I have 30 days of leave', [60]],
    ['I take 5 days off in July', [10]],
    ['I take half a day off', [1]],
    ['a half day on Friday', [1]],
    ['two and a half days', [5]],
    ['2.5 days and 1,5 days', [5, 3]],
    ['two days and a half', [5]],
    ['2½ days', [5]],
    ['1 ½ days', [3]],
    ['a day off', [2]],
    ['a week off', [10]],
    ['2 weeks', [20]],
    ['25 vacation days', [50]],
    ['3 more days', [6]],
    ['Ich nehme fünf Tage Urlaub', [10]],
    ['30 Urlaubstage', [60]],
    ['einen halben Tag', [1]],
    ['0.5 days', [1]],
    ['a 3-day trip', [6]],
    ['from 3 July', []],
    ['100000 days', []],
    ['R2 days', []],
    ['daylight', []],
  ])('%s', (text, halfDays) => {
    expect(findDayCounts(text).map((count) => count.halfDays)).toEqual(halfDays);
  });

  it('tells weeks and smaller parts than half days', () => {
    expect(findDayCounts('2 weeks')).toMatchObject([{ isWeeks: true, isUneven: false }]);
    expect(findDayCounts('1.25 days')).toMatchObject([{ isWeeks: false, isUneven: true }]);
  });

  it('are read again as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (halfDays) => {
        expect(findDayCounts(`I take ${sayDays(halfDays)} off`)).toMatchObject([{ halfDays }]);
      }),
    );
  });
});
