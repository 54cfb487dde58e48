import { describe, expect, it } from '@jest/globals';
import { agoText, calendarDaysBetween, dayLabel, durationText } from './format-time.ts';

const localNoon = (year: number, month: number, day: number) => new Date(year, month - 1, day, 12);

describe('durationText', () => {
  it.each([
    [-5, '0 ms'],
    [0, '0 ms'],
    [0.4, '< 1 ms'],
    [840, '840 ms'],
    [1240, '1.24 s'],
    [12_480, '12.5 s'],
    [59_990, '1 min'],
    [125_000, '2 min 5 s'],
    [7_200_000, '2 h'],
    [12_000_000, '3 h 20 min'],
    [187_200_000, '2 d 4 h'],
  ])('writes %d ms as "%s"', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
  });
});

describe('dayLabel', () => {
  it('names today and yesterday by the calendar, not by 24 hours', () => {
    const justAfterMidnight = new Date(2026, 2, 10, 0, 5);
    const lateLastEvening = new Date(2026, 2, 9, 23, 55);
    expect(dayLabel(justAfterMidnight.toISOString(), justAfterMidnight)).toBe('Today');
    expect(dayLabel(lateLastEvening.toISOString(), justAfterMidnight)).toBe('Yesterday');
  });

  it('gives the year only when it is another one', () => {
    const now = localNoon(2026, 6, 1);
    expect(dayLabel(localNoon(2026, 3, 3).toISOString(), now)).not.toContain('2026');
    expect(dayLabel(localNoon(2025, 3, 3).toISOString(), now)).toContain('2025');
  });
});

describe('calendarDaysBetween', () => {
  it('counts whole days across a change of the clock', () => {
    expect(calendarDaysBetween(localNoon(2026, 3, 28), localNoon(2026, 3, 30))).toBe(2);
    expect(calendarDaysBetween(localNoon(2026, 10, 24), localNoon(2026, 10, 26))).toBe(2);
  });
});

describe('agoText', () => {
  it.each([
    [0, 'now'],
    [40, '40 s ago'],
    [330, '5 min ago'],
    [3 * 3600 + 10, '3 h ago'],
    [2 * 86_400, '2 d ago'],
  ])('writes %d seconds as "%s"', (seconds, text) => {
    const now = Date.parse('2026-03-10T12:00:00.000Z');
    expect(agoText(new Date(now - seconds * 1000).toISOString(), now)).toBe(text);
  });

  it('takes a clock that runs ahead for now', () => {
    expect(agoText('2026-03-10T12:00:09.000Z', Date.parse('2026-03-10T12:00:00.000Z'))).toBe('now');
  });
});
