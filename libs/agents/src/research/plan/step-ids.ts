import { createHash } from 'node:crypto';
import { canonicalJson } from '@parley/shared-models';
import type { Measure } from '../figures/measure.ts';
import { keyOfPeriod, type Period } from '../request/period.ts';

/**
 * A step's id says all that its result depends on, so that a step of an earlier round which would give the same is the
 * same step, and is not done again. The order of keys says nothing: the other side has parsed the same JSON.
 */
export const stepIds = {
  prices: (symbol: string, period: Period): string => idOf('prices', symbol, keyOfPeriod(period)),
  measure: (measure: Measure, symbol: string, period: Period): string =>
    idOf(measure, symbol, keyOfPeriod(period)),
  compare: (symbols: readonly string[], measures: readonly Measure[], period: Period): string =>
    `compare:${hash([symbols, measures, period])}`,
  calculate: (expression: string): string => `calculate:${hash(expression)}`,
  query: (file: string, query: unknown): string => `query:${hash([file, query])}`,
  page: (url: string): string => `page:${hash(url)}`,
  /** In another round the same words are another note. */
  note: (text: string, round: number): string => `note:${round}:${hash(text)}`,
  work: (instruction: string, round: number): string => `work:${round}:${hash(instruction)}`,
} as const;

function idOf(kind: string, symbol: string, period: string): string {
  const id = `${kind}:${symbol}:${period}`;
  // Symbols of the operator's files may have characters that an id may not, or be too long for it.
  return /^[\p{L}\p{N}_.:-]{1,64}$/u.test(id) ? id : `${kind}:${hash([symbol, period])}`;
}

const hash = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 16);
