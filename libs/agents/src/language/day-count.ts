import { parseDecimal, toScaled } from './decimal.ts';

/** A number of days in a text. */
export interface DayCount {
  /** Half days, a whole number: 5 days are 10. */
  readonly halfDays: number;
  /** Said in weeks: five working days each. */
  readonly isWeeks: boolean;
  /** Smaller parts than half days were named. */
  readonly isUneven: boolean;
  readonly start: number;
  readonly end: number;
}

const WORDS: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  another: 1,
  ein: 1,
  einen: 1,
  zwei: 2,
  drei: 3,
  vier: 4,
  fünf: 5,
  sechs: 6,
  sieben: 7,
  acht: 8,
  neun: 9,
  zehn: 10,
};

const WORKING_DAYS_A_WEEK = 5;

const HALF = String.raw`(?:half(?: an?| of an?)?|½|0[.,]5|einen halben|halben)[\s-](?:days?|tage?)`;
const COUNT = String.raw`(\d+(?:[.,]\d+)?|${Object.keys(WORDS).join('|')})`;
const WHOLE = String.raw`${COUNT}(?:\s?(½)|\s+and\s+a\s+half)?(\sand\sa\shalf)?`;
const UNIT = String.raw`[\s-](?:more |extra |additional |full |whole |working |work |business |vacation |leave |holiday |paid |annual |weitere )*(days?|weeks?|tage?n?|wochen?|urlaubstage?)(?:\s+and\s+(a)\s+half)?`;
const PATTERN = new RegExp(String.raw`(?<![\p{L}\d.,])(?:(${HALF})|${WHOLE}${UNIT})(?!\p{L})`, 'giu');

/** All counts of days or weeks in a text, in half days: `5 days`, `two and a half days`, `half a day`, `a week`. */
export function findDayCounts(text: string): DayCount[] {
  return [...text.matchAll(PATTERN)].flatMap((match) => {
    const place = { start: match.index, end: match.index + match[0].length };
    const [all, half, count = '', halfSign, , unit = '', halfBehind] = match;
    if (half !== undefined) return [{ halfDays: 1, isWeeks: false, isUneven: false, ...place }];
    const decimal = /^\d/.test(count) ? parseDecimal(count, 'decimals') : String(WORDS[count.toLowerCase()]);
    const hundredths = decimal === undefined ? undefined : toScaled(decimal, 2);
    if (hundredths === undefined || hundredths > MAX_DAYS * 100) return [];
    const isWeeks = /^(?:week|woche)/i.test(unit);
    const hasHalf = halfSign !== undefined || halfBehind !== undefined || /and a half/i.test(all);
    const halves =
      (hundredths / 50) * (isWeeks ? WORKING_DAYS_A_WEEK : 1) +
      (hasHalf ? (isWeeks ? WORKING_DAYS_A_WEEK : 1) : 0);
    return [{ halfDays: Math.floor(halves), isWeeks, isUneven: !Number.isInteger(halves), ...place }];
  });
}

const MAX_DAYS = 1000;

/** `1 day`, `2.5 days`, `half a day`. */
export function sayDays(halfDays: number): string {
  if (halfDays === 1) return 'half a day';
  if (halfDays === 2) return '1 day';
  return `${halfDays / 2} days`;
}
