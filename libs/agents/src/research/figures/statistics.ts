import type { PriceDay } from './price-series.ts';

/** Trading days of a year, by which daily volatility becomes a yearly one. */
export const TRADING_DAYS = 252;

export interface DatedPrice {
  readonly date: string;
  readonly price: number;
}

/** From the first day's close to the last day's, as a share: 0.05 is 5 %. At least one day. */
export function totalReturn(days: readonly PriceDay[]): number {
  return lastOf(days).close / firstOf(days).close - 1;
}

/** The natural logarithm of each close by the one before. */
export function dailyReturns(days: readonly PriceDay[]): number[] {
  return days.slice(1).map(({ close }, index) => Math.log(close / (days[index]?.close ?? close)));
}

/** The sample standard deviation of the daily returns; undefined for fewer than two of them. */
export function dailyVolatility(days: readonly PriceDay[]): number | undefined {
  const returns = dailyReturns(days);
  if (returns.length < 2) return undefined;
  const mean = meanOf(returns);
  const squares = returns.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return Math.sqrt(squares / (returns.length - 1));
}

export function yearly(daily: number): number {
  return daily * Math.sqrt(TRADING_DAYS);
}

export function highest(days: readonly PriceDay[]): DatedPrice {
  const { date, high } = days.reduce((best, day) => (day.high > best.high ? day : best), firstOf(days));
  return { date, price: high };
}

export function lowest(days: readonly PriceDay[]): DatedPrice {
  const { date, low } = days.reduce((best, day) => (day.low < best.low ? day : best), firstOf(days));
  return { date, price: low };
}

export interface Drawdown {
  /** As a share, never above 0: -0.2 is a fall by 20 %. */
  readonly depth: number;
  readonly from: DatedPrice;
  readonly to: DatedPrice;
}

/** The deepest fall from a close to a later one; of a series that never falls, 0 on its first day. */
export function largestDrawdown(days: readonly PriceDay[]): Drawdown {
  let peak = firstOf(days);
  let worst: Drawdown = { depth: 0, from: priceOf(peak), to: priceOf(peak) };
  for (const day of days) {
    if (day.close > peak.close) peak = day;
    const depth = day.close / peak.close - 1;
    if (depth < worst.depth) worst = { depth, from: priceOf(peak), to: priceOf(day) };
  }
  return worst;
}

export function averageClose(days: readonly PriceDay[]): number {
  return meanOf(days.map(({ close }) => close));
}

/** Of the days whose volume is known; undefined without such days. */
export function averageVolume(days: readonly PriceDay[]): number | undefined {
  const volumes = days.flatMap(({ volume }) => (volume === null ? [] : [volume]));
  return volumes.length === 0 ? undefined : meanOf(volumes);
}

/** Pearson's correlation of the daily returns of the days that both have; undefined for fewer than three. */
export function correlation(one: readonly PriceDay[], other: readonly PriceDay[]): number | undefined {
  const dates = new Set(other.map(({ date }) => date));
  const shared = one.filter(({ date }) => dates.has(date));
  const sharedDates = new Set(shared.map(({ date }) => date));
  const a = dailyReturns(shared);
  const b = dailyReturns(other.filter(({ date }) => sharedDates.has(date)));
  if (a.length < 3) return undefined;
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  const product = a.reduce((sum, each, index) => sum + (each - meanA) * ((b[index] ?? 0) - meanB), 0);
  const square = (values: readonly number[], mean: number): number =>
    values.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  const spread = Math.sqrt(square(a, meanA) * square(b, meanB));
  return spread === 0 ? undefined : product / spread;
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;

const priceOf = ({ date, close }: PriceDay): DatedPrice => ({ date, price: close });

function firstOf(days: readonly PriceDay[]): PriceDay {
  const [first] = days;
  if (first === undefined) throw new RangeError('there are no days');
  return first;
}

const lastOf = (days: readonly PriceDay[]): PriceDay => days.at(-1) ?? firstOf(days);
