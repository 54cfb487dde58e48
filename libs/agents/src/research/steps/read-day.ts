const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const GERMAN_MONTHS: Readonly<Record<string, string>> = { mai: 'may', okt: 'oct', dez: 'dec' };

/** Which of two numbers comes first in `01/02/2026`; `unknown`: the file does not tell. */
export type DayOrder = 'day-first' | 'month-first' | 'unknown';

const SLASHED = /^(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})(?:[T ,].*)?$/;

/** The order of a file: some day of it must be larger than 12, or one order puts trading days on weekends. */
export function dayOrderOf(cells: readonly string[]): DayOrder {
  const pairs = cells.flatMap((cell) => {
    const found = SLASHED.exec(cell.trim());
    return found === null
      ? []
      : [{ one: Number(found[1]), two: Number(found[2]), year: yearOf(found[3] ?? '') }];
  });
  const isDayFirst = pairs.some(({ one }) => one > 12);
  const isMonthFirst = pairs.some(({ two }) => two > 12);
  if (isDayFirst !== isMonthFirst) return isDayFirst ? 'day-first' : 'month-first';
  if (isDayFirst || pairs.length === 0) return 'unknown';
  const isOnWeekend = (month: number, day: number, year: number): boolean =>
    [0, 6].includes(new Date(Date.UTC(year, month - 1, day)).getUTCDay());
  const dayFirstFits = !pairs.some(({ one, two, year }) => isOnWeekend(two, one, year));
  const monthFirstFits = !pairs.some(({ one, two, year }) => isOnWeekend(one, two, year));
  if (dayFirstFits === monthFirstFits) return 'unknown';
  return dayFirstFits ? 'day-first' : 'month-first';
}

/**
 * The day in a cell, `2026-01-31`, with or without a time; undefined: it is not a day, or may be two. Understands `2026-01-31`,
 * `2026/1/31`, `20260131`, `31.01.2026`, `31/01/2026`, `01/31/2026`, `Jan 31, 2026`, `31 January 2026`, `31-Jan-26`,
 * `31. Dez. 2025`, and seconds or milliseconds since 1970, whose day is that of UTC.
 */
export function dayIn(cell: string, order: DayOrder): string | undefined {
  // Without accents: März.
  const text = cell.trim().normalize('NFKD').replace(/\p{M}/gu, '');
  const numbers = (pattern: RegExp): number[] | undefined => pattern.exec(text)?.slice(1).map(Number);
  const iso = numbers(/^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?$/) ?? numbers(/^(\d{4})(\d\d)(\d\d)$/);
  if (iso !== undefined) return day(iso[0], iso[1], iso[2]);
  const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})(?:[T ,].*)?$/.exec(text);
  if (dotted !== null) return day(yearOf(dotted[3] ?? ''), Number(dotted[2]), Number(dotted[1]));
  const epoch = /^(\d{10})(\d{3})?$/.exec(text);
  if (epoch !== null) return new Date(Number(epoch[1]) * 1000).toISOString().slice(0, 10);
  const slashed = SLASHED.exec(text);
  if (slashed !== null) {
    const [one, two, year] = [Number(slashed[1]), Number(slashed[2]), yearOf(slashed[3] ?? '')];
    if (order === 'unknown') return one === two ? day(year, one, two) : undefined;
    return order === 'day-first' ? day(year, two, one) : day(year, one, two);
  }
  const named =
    /^(?:[a-z]{3,9},? )?([a-z]{3,9})\.? (\d{1,2}),? (\d{4})$/i.exec(text) ??
    /^(?:[a-z]{3,9},? )?(\d{1,2})[. -]{1,2}([a-z]{3,9})\.?[ -](\d{4}|\d{2})$/i.exec(text);
  if (named === null) return undefined;
  const [, one = '', two = '', year = ''] = named;
  const [month, date] = /^\d/.test(one) ? [two, one] : [one, two];
  const short = month.slice(0, 3).toLowerCase();
  return day(yearOf(year), MONTHS.indexOf(GERMAN_MONTHS[short] ?? short) + 1, Number(date));
}

function yearOf(text: string): number {
  if (text.length > 2) return Number(text);
  return Number(text) + (Number(text) < 70 ? 2000 : 1900);
}

function day(year = 0, month = 0, date = 0): string | undefined {
  const at = new Date(Date.UTC(year, month - 1, date));
  const isThere = at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === date;
  return isThere && year >= 1800 && year <= 2200 ? at.toISOString().slice(0, 10) : undefined;
}
