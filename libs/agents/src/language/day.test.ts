import { describe, expect, it } from '@jest/globals';
import { addDays, dayOf, isInLastWeek, pastDayIn, sayDay } from './day.ts';

describe('a day', () => {
  it('is that of the place, with two digits for month and day', () => {
    expect(dayOf(new Date(2026, 0, 5, 0, 1))).toBe('2026-01-05');
    expect(dayOf(new Date(2026, 11, 31, 23, 59))).toBe('2026-12-31');
  });

  it('is counted across months, years and the change of the clocks', () => {
    expect(addDays('2026-03-01', -1)).toBe('2026-02-28');
    expect(addDays('2025-12-31', 1)).toBe('2026-01-01');
    expect(addDays('2026-03-30', -2)).toBe('2026-03-28');
  });

  it('lies in the last week when it is one of seven that end today', () => {
    expect(isInLastWeek('2026-11-21', '2026-11-21')).toBe(true);
    expect(isInLastWeek('2026-11-15', '2026-11-21')).toBe(true);
    expect(isInLastWeek('2026-11-14', '2026-11-21')).toBe(false);
    expect(isInLastWeek('2026-11-22', '2026-11-21')).toBe(false);
  });

  it('is said in words', () => {
    expect(sayDay('2026-11-21')).toBe('Saturday 21 November');
  });

  // 21 November 2026 is a Saturday.
  it.each([
    ['I ran 5 km', '2026-11-21'],
    ['I ran yesterday', '2026-11-20'],
    ['the day before yesterday', '2026-11-19'],
    ['3 days ago', '2026-11-18'],
    ['two days ago', '2026-11-19'],
    ['on Monday I swam', '2026-11-16'],
    ['on Saturday', '2026-11-21'],
    ['last Saturday', '2026-11-14'],
  ])('is understood: %s', (text, day) => {
    expect(pastDayIn(text, '2026-11-21')).toBe(day);
  });
});
