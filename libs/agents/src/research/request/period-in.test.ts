import { describe, expect, it } from '@jest/globals';
import { daysOf, keyOfPeriod, Period, sayPeriod } from './period.ts';
import { periodIn } from './period-in.ts';

const TODAY = '2026-11-21';
/** The data ends a day before. */
const [FIRST, LAST] = ['2026-05-20', '2026-11-20'];

const periodOf = (text: string): Period | undefined => periodIn(text, TODAY)?.value;

describe('the period of a text', () => {
  it.each([
    ['Analyze Apple over the last month', '2026-10-20', '2026-11-20'],
    ['last week', '2026-11-13', '2026-11-20'],
    ['over the past two weeks', '2026-11-06', '2026-11-20'],
    ['in the last 10 days', '2026-11-10', '2026-11-20'],
    ['the last quarter', '2026-08-20', '2026-11-20'],
    ['the last half-year', '2026-05-20', '2026-11-20'],
    ['for three months', '2026-08-20', '2026-11-20'],
    ['the last year', '2025-11-20', '2026-11-20'],
    ['this month', '2026-11-01', '2026-11-20'],
    ['this week', '2026-11-16', '2026-11-20'],
    ['this quarter', '2026-10-01', '2026-11-20'],
    ['year to date', '2026-01-01', '2026-11-20'],
    ['in October', '2026-10-01', '2026-10-31'],
    ['in December', '2025-12-01', '2025-12-31'],
    ['in June 2026', '2026-06-01', '2026-06-30'],
    ['in Q3', '2026-07-01', '2026-09-30'],
    ['in Q4 2025', '2025-10-01', '2025-12-31'],
    ['in 2026', '2026-01-01', '2026-12-31'],
    ['since 1 September', '2026-09-01', '2026-11-20'],
    ['since September', '2026-09-01', '2026-11-20'],
    ['since December 24th', '2025-12-24', '2026-11-20'],
    ['since 2026-07-15', '2026-07-15', '2026-11-20'],
    ['from 1 June to 31 August 2026', '2026-06-01', '2026-08-31'],
    ['between Oct 3rd, 2026 and Oct 20th, 2026', '2026-10-03', '2026-10-20'],
    ['from 2026-08-31 to 2026-06-01', '2026-06-01', '2026-08-31'],
    ['over the whole period', FIRST, LAST],
    ['im letzten Monat', '2026-10-20', '2026-11-20'],
  ])('%s: %s to %s', (text, from, to) => {
    const period = periodOf(text);
    expect(period && daysOf(period, FIRST, LAST)).toEqual({ from, to });
    expect(Period.safeParse(period).success).toBe(true);
  });

  it.each(['Analyze Apple', 'May I see Apple?', 'the last mile', '2026', 'since Apple', 'since 31 February'])(
    'is not there: %s',
    (text) => expect(periodOf(text)).toBeUndefined(),
  );

  it('goes back to the last day of a month that is too short', () => {
    const month: Period = { kind: 'last', count: 1, unit: 'month' };
    expect(daysOf(month, FIRST, '2026-03-31').from).toBe('2026-02-28');
    expect(daysOf({ ...month, count: 14 }, FIRST, '2026-01-15').from).toBe('2024-11-15');
  });

  it('has a key and a name of its own', () => {
    const periods = [
      'last 3 months',
      'last month',
      'last 3 days',
      'this month',
      'in May',
      'in Q1',
      'in 2026',
      'all time',
    ];
    const found = periods.flatMap((text) => periodOf(text) ?? []);
    expect(found).toHaveLength(periods.length);
    expect(new Set(found.map(keyOfPeriod)).size).toBe(periods.length);
    expect(new Set(found.map(sayPeriod)).size).toBe(periods.length);
  });
});
