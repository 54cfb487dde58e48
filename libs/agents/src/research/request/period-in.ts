import { MONTH_NAMES, type Period } from './period.ts';

/** A value found in a text, and its words. */
export interface Found<T> {
  readonly value: T;
  readonly words: string;
}

const NUMBERS: readonly string[] = [
  ...[
    'zero',
    'one',
    'two',
    'three',
    'four',
    'five',
    'six',
    'seven',
    'eight',
    'nine',
    'ten',
    'eleven',
    'twelve',
  ],
];
const NUMBER = String.raw`(\d{1,3}|a|an|${NUMBERS.slice(1).join('|')})`;
const MONTHS = MONTH_NAMES.map((name) => (name === 'May' ? name : `${name}|${name.slice(0, 3)}`)).join('|');
const DATE = String.raw`(?:\d{4}-\d\d-\d\d|(?:\d{1,2}(?:st|nd|rd|th)?\.? (?:of )?(?:${MONTHS})|(?:${MONTHS}) \d{1,2}(?:st|nd|rd|th)?)(?:,? \d{4})?)`;
const MONTH = String.raw`(?:${MONTHS})\b(?: (?:of )?\d{4})?`;
const LAST = '(?:over |during |in |for |of |within )?(?:the )?(?:last|past|previous|recent)';

const GERMAN_UNITS: Readonly<Record<string, string>> = {
  ...{ tag: 'day', woche: 'week', monat: 'month', quartal: 'quarter', jahr: 'year' },
};

type Reader = (match: RegExpExecArray, today: string) => Period | undefined;

/** The first one that fits wins: specific patterns stand before general ones. */
const READERS: readonly (readonly [RegExp, Reader])[] = [
  [
    word(`(?:from |between )?(${DATE}) (?:to|until|till|and|through|-|–) (${DATE})`),
    ([, from = '', to = ''], today) => between(dateIn(from, today), dateIn(to, today)),
  ],
  [
    word(`(?:since|from|after|starting) (?:the )?(${DATE})(?: on| onwards?)?`),
    ([, from = ''], today) => between(dateIn(from, today), null),
  ],
  [
    word(`since (?:the (?:beginning|start) of )?(${MONTH})`),
    ([, month = ''], today) => between(dateIn(`1 ${month}`, today), null),
  ],
  [
    word(String.raw`since (?:the (?:beginning|start) of )?(?:the year )?(\d{4})`),
    ([, year]) => between(`${year}-01-01`, null),
  ],
  [
    word(`${LAST} ${NUMBER} (?:trading )?(day|week|month|quarter|year)s?`),
    ([, count, unit]) => last(count, unit),
  ],
  [word(`${LAST} (day|week|month|quarter|year)`), ([, unit]) => last('1', unit)],
  [
    word(`(?:over |during |in |for )(?:the )?${NUMBER} (day|week|month|quarter|year)s?`),
    ([, count, unit]) => last(count, unit),
  ],
  [word('(?:over |during |in |for )?(?:the )?last half[- ]year'), () => last('6', 'month')],
  [
    word(
      `(?:so far )?(?:in |during |over )?(?:this|the current) (week|month|quarter|year)(?: so far| to date)?`,
    ),
    ([, unit]) => ({ kind: 'current', unit: unit as 'week' }),
  ],
  [
    word(
      '(?:im |in |über )?(?:de[rnm] |die |das )?(?:letzte[nrms]?|vergangene[nrms]?) (tag|woche|monat|quartal|jahr)(?:es|s)?',
    ),
    ([, unit = '']) => last('1', GERMAN_UNITS[unit.toLowerCase()]),
  ],
  [word('year[- ]to[- ]date|ytd'), () => ({ kind: 'current', unit: 'year' })],
  [
    word(String.raw`(?:in |during |over |for )?(?:the )?q([1-4])(?: (?:of )?(\d{4}))?`),
    ([, quarter, year]) => ({ kind: 'quarter', quarter: Number(quarter), year: numberOrNull(year) }),
  ],
  [
    word(`(?:in |during |over |for |of )(${MONTH})`),
    ([, text = '']) => ({ kind: 'month', month: monthIn(text), year: numberOrNull(/\d{4}/.exec(text)?.[0]) }),
  ],
  [
    word(String.raw`(${MONTHS}) (\d{4})`),
    ([, text = '', year]) => ({ kind: 'month', month: monthIn(text), year: numberOrNull(year) }),
  ],
  [
    word(String.raw`(?:in |during |over |for )((?:19|20)\d\d)`),
    ([, year]) => ({ kind: 'year', year: Number(year) }),
  ],
  [
    word(
      '(?:over |for |of )?(?:all (?:the )?(?:time|data|days|history)|(?:the )?(?:whole|entire|full) (?:time|period|history|data))',
    ),
    () => ({ kind: 'all' }),
  ],
];

/** The period that a text speaks of. `today` tells the year of a date without one. */
export function periodIn(text: string, today: string): Found<Period> | undefined {
  for (const [pattern, read] of READERS) {
    const match = pattern.exec(text);
    const value = match === null ? undefined : read(match, today);
    if (match !== null && value !== undefined) return { value, words: match[0] };
  }
  return undefined;
}

function word(pattern: string): RegExp {
  return new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${pattern})(?![\p{L}\p{N}])`, 'iu');
}

function last(count: string | undefined, unit: string | undefined): Period {
  const lower = count?.toLowerCase() ?? '1';
  const number = Number(lower) || Math.max(1, NUMBERS.indexOf(lower));
  return { kind: 'last', count: number, unit: unit?.toLowerCase() as 'day' };
}

function between(from: string | undefined, to: string | null | undefined): Period | undefined {
  if (from === undefined || to === undefined) return undefined;
  return to !== null && to < from ? { kind: 'between', from: to, to: from } : { kind: 'between', from, to };
}

const numberOrNull = (text: string | undefined): number | null => (text === undefined ? null : Number(text));

const monthIn = (text: string): number =>
  MONTH_NAMES.findIndex((name) => text.toLowerCase().startsWith(name.slice(0, 3).toLowerCase())) + 1;

/** `2026-01-31`, `31 January`, `Jan 31st, 2026`; without a year the last such day. */
function dateIn(text: string, today: string): string | undefined {
  const iso = /^\d{4}-\d\d-\d\d$/.exec(text)?.[0];
  if (iso !== undefined) return isDay(iso) ? iso : undefined;
  const name = /[a-z]{3,}/i.exec(text.replace(/\d+(?:st|nd|rd|th)|\bof\b/gi, ''))?.[0] ?? '';
  const date = Number(/\b\d{1,2}(?!\d)/.exec(text)?.[0]);
  const year = /\b\d{4}\b/.exec(text)?.[0];
  const inYear = (of: number): string =>
    `${of}-${String(monthIn(name)).padStart(2, '0')}-${String(date).padStart(2, '0')}`;
  const thisYear = Number(today.slice(0, 4));
  const day = inYear(year === undefined ? thisYear : Number(year));
  const past = year === undefined && day > today ? inYear(thisYear - 1) : day;
  return isDay(past) ? past : undefined;
}

/** There is no 31 February, though it looks like a day. */
const isDay = (day: string): boolean => {
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
};
