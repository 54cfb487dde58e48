import { z } from 'zod';
import { addDays, Day } from '../../language/day.ts';

const Year = z.number().int().min(1900).max(2200);

/** A period as somebody asks for it. `last` ones end with the last day in the data, which may be some time ago. */
export const Period = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('last'),
    count: z.number().int().min(1).max(1000),
    unit: z.enum(['day', 'week', 'month', 'quarter', 'year']),
  }),
  z.object({ kind: z.literal('current'), unit: z.enum(['week', 'month', 'quarter', 'year']) }),
  z.object({ kind: z.literal('month'), month: z.number().int().min(1).max(12), year: Year.nullable() }),
  z.object({ kind: z.literal('quarter'), quarter: z.number().int().min(1).max(4), year: Year.nullable() }),
  z.object({ kind: z.literal('year'), year: Year }),
  z.object({ kind: z.literal('between'), from: Day, to: Day.nullable() }),
  z.object({ kind: z.literal('all') }),
]);
export type Period = z.infer<typeof Period>;

/** Where nobody says which. */
export const LAST_MONTH: Period = { kind: 'last', count: 1, unit: 'month' };

/** A word for a step's id: the same for the same period. */
export function keyOfPeriod(period: Period): string {
  switch (period.kind) {
    case 'last':
      return `${period.count}${period.unit === 'month' ? 'mo' : period.unit[0]}`;
    case 'current':
      return `this-${period.unit}`;
    case 'month':
      return `${period.year ?? 'last'}-m${period.month}`;
    case 'quarter':
      return `${period.year ?? 'last'}-q${period.quarter}`;
    case 'year':
      return String(period.year);
    case 'between':
      return `${period.from}..${period.to ?? 'end'}`;
    case 'all':
      return 'all';
  }
}

/** For people, in a plan: the days themselves are known when the data is. */
export function sayPeriod(period: Period): string {
  switch (period.kind) {
    case 'last':
      return period.count === 1 ? `the last ${period.unit}` : `the last ${period.count} ${period.unit}s`;
    case 'current':
      return `this ${period.unit}`;
    case 'month':
      return `${MONTH_NAMES[period.month - 1]}${period.year === null ? '' : ` ${period.year}`}`;
    case 'quarter':
      return `Q${period.quarter}${period.year === null ? '' : ` ${period.year}`}`;
    case 'year':
      return String(period.year);
    case 'between':
      return period.to === null ? `the time since ${period.from}` : `${period.from} to ${period.to}`;
    case 'all':
      return 'all the time that the data covers';
  }
}

export const MONTH_NAMES = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
] as const;

/** The first and last day of a period, both belong to it, in data that goes from `firstDay` to `lastDay`. */
export function daysOf(period: Period, firstDay: string, lastDay: string): { from: string; to: string } {
  const year = Number(lastDay.slice(0, 4));
  const month = Number(lastDay.slice(5, 7));
  const monthsFrom = (start: number, ofYear: number, count: number): { from: string; to: string } => ({
    from: dayIn(ofYear, start, 1),
    to: addDays(dayIn(ofYear, start + count, 1), -1),
  });
  switch (period.kind) {
    case 'last':
      return { from: goBack(lastDay, period.count, period.unit), to: lastDay };
    case 'current': {
      if (period.unit === 'week') {
        const weekday = new Date(`${lastDay}T00:00:00Z`).getUTCDay();
        return { from: addDays(lastDay, -((weekday + 6) % 7)), to: lastDay };
      }
      const start = { month, quarter: month - ((month - 1) % 3), year: 1 }[period.unit];
      return { from: dayIn(year, start, 1), to: lastDay };
    }
    case 'month':
      return monthsFrom(period.month, period.year ?? (period.month <= month ? year : year - 1), 1);
    case 'quarter': {
      const start = period.quarter * 3 - 2;
      return monthsFrom(start, period.year ?? (start <= month ? year : year - 1), 3);
    }
    case 'year':
      return { from: dayIn(period.year, 1, 1), to: dayIn(period.year, 12, 31) };
    case 'between':
      return { from: period.from, to: period.to ?? lastDay };
    case 'all':
      return { from: firstDay, to: lastDay };
  }
}

function goBack(day: string, count: number, unit: 'day' | 'week' | 'month' | 'quarter' | 'year'): string {
  if (unit === 'day') return addDays(day, -count);
  if (unit === 'week') return addDays(day, -7 * count);
  const months = count * { month: 1, quarter: 3, year: 12 }[unit];
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const first = dayIn(year, month - months, 1);
  // The 31st of a month without one is its last day.
  const length = new Date(Date.UTC(Number(first.slice(0, 4)), Number(first.slice(5, 7)), 0)).getUTCDate();
  return `${first.slice(0, 8)}${String(Math.min(date, length)).padStart(2, '0')}`;
}

/** Months below 1 and above 12 count on into other years. */
const dayIn = (year: number, month: number, date: number): string =>
  new Date(Date.UTC(year, month - 1, date)).toISOString().slice(0, 10);
