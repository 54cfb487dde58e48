import { z } from 'zod';
import { fromScaled, NUMBER, parseDecimal, toScaled } from './decimal.ts';

/** Plain decimal digits, never rounded: `1500.5`. */
export const DecimalAmount = z.string().regex(/^\d{1,12}(\.\d{1,4})?$/);

/** ISO 4217, e.g. `EUR`; empty: the person has named none. */
export const Currency = z.string().regex(/^([A-Z]{3})?$/);

/** An amount as somebody said it. */
export interface Money {
  readonly amount: string;
  /** Empty: not said. */
  readonly currency: string;
}

/** An amount and where it stands in the text. */
export interface FoundMoney extends Money {
  readonly isNegative: boolean;
  readonly start: number;
  readonly end: number;
}

const WORDS: readonly (readonly [currency: string, words: RegExp])[] = [
  ['EUR', /^(?:€|eur|euros?)$/i],
  ['USD', /^(?:us\$|\$|usd|dollars?|bucks?)$/i],
  ['GBP', /^(?:£|gbp|pounds?|quid)$/i],
  ['CHF', /^(?:chf|francs?|franken)$/i],
  ['JPY', /^(?:¥|jpy|yen)$/i],
];

const BEFORE = String.raw`(?:US\$|€|\$|£|¥|\b(?:EUR|USD|GBP|CHF|JPY)\b)`;
const AFTER = String.raw`(?:€|\$|£|¥|(?:euros?|eur|usd|dollars?|bucks?|gbp|pounds?|quid|chf|francs?|franken|jpy|yen)\b)`;
const SIGN = String.raw`(?<![\p{L}\d])[-−]\s?`;

const MONEY = new RegExp(`(${SIGN})?(?:(${BEFORE})\\s?([-−])?)?(${NUMBER})(?:\\s?(${AFTER}))?`, 'giu');

/** Text behind a number that counts something else: `5 days`, `10%`, `10 km`, `2nd`. */
const NO_MONEY =
  /^\s?(?:%|°|(?:percent|prozent|days?|tage?|weeks?|months?|years?|hours?|minutes?|mins?|people|persons|persons?|pieces?|items?|times|x|km|kg|st|nd|rd|th|am|pm|o'clock)\b|[:/]\d|-?\p{L}+\d)/iu;

/** Text before a number that is a date or a count: `on 3 May`, `chapter 4`, `in 2026`. */
const NO_MONEY_BEFORE =
  /(?:\b(?:january|february|march|april|may|june|july|august|september|october|november|december|no\.?|number|room|chapter|section|version|q|page|year|since|until)|[#:/])\s?$/i;

const MONTH_BEHIND =
  /^\.?\s?(?:january|february|march|april|may|june|july|august|september|october|november|december)\b/i;

/** All amounts in a text. A bare number is an amount unless the text around it shows that it counts something else. */
export function findMoney(text: string): FoundMoney[] {
  return [...text.matchAll(MONEY)].flatMap((match) => {
    const [all, sign, before, innerSign, literal = '', after] = match;
    const start = match.index;
    const end = start + all.length;
    const amount = parseDecimal(literal);
    if (amount === undefined || !DecimalAmount.safeParse(amount).success) return [];
    const currency = currencyOf(before ?? after ?? '');
    if (currency === '' && countsSomethingElse(text, start, end, literal)) return [];
    return [{ amount, currency, isNegative: (sign ?? innerSign) !== undefined, start, end }];
  });
}

/** Digits behind the decimal point: 2 for euros, 0 for yen. */
export function placesOf(currency: string): number {
  if (currency === '') return 2;
  const { maximumFractionDigits } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions();
  return maximumFractionDigits ?? 2;
}

/** In the currency's smallest unit, such as cents; undefined when the amount cannot be paid in it. */
export function toMinor(amount: string, currency: string): number | undefined {
  return toScaled(amount, placesOf(currency));
}

/** `1,200 €`, `$12.50`, `-300 CHF`; cents only where there are any. */
export function formatMoney(minor: number, currency: string): string {
  const places = placesOf(currency);
  const [whole = '0', fraction = ''] = fromScaled(Math.abs(minor), places).split('.');
  const digits = `${Number(whole).toLocaleString('en')}${/[1-9]/.test(fraction) ? `.${fraction}` : ''}`;
  const sign = minor < 0 ? '-' : '';
  if (currency === 'USD') return `${sign}$${digits}`;
  if (currency === 'GBP') return `${sign}£${digits}`;
  if (currency === 'EUR') return `${sign}${digits} €`;
  return `${sign}${digits}${currency === '' ? '' : ` ${currency}`}`;
}

function currencyOf(word: string): string {
  return WORDS.find(([, words]) => words.test(word))?.[0] ?? '';
}

/** Words that may follow a bare amount; the number counts any other word: `2 laptops`. */
const MONEY_BEHIND =
  /^\s*(?:$|[^\s\p{L}\p{N}]|(?:on|for|at|and|or|in|from|back|of|off|to|by|as|is|was|with|buying|getting|paying|left|more|less|plus|total|altogether|again|now|then|today|yesterday|this|last|tonight|already|budget|für|auf|und|am|im|von|bei|gestern|heute|ausgegeben|bezahlt|gekostet|zurück|übrig)(?!\p{L}))/iu;

function countsSomethingElse(text: string, start: number, end: number, literal: string): boolean {
  const behind = text.slice(end);
  const before = text.slice(0, start);
  if (!MONEY_BEHIND.test(behind)) return true;
  if (NO_MONEY.test(behind) || MONTH_BEHIND.test(behind) || NO_MONEY_BEFORE.test(before)) return true;
  return (
    /^(?:19|20)\d\d$/.test(literal) && /\b(?:in|of|for)\s$/i.test(before) && /^\s*(?:[?.!,]|$)/.test(behind)
  );
}
