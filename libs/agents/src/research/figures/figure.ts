import { z } from 'zod';
import { Day } from '../../language/day.ts';
import { MEASURE_TITLES, Measure } from './measure.ts';
import type { PriceDay, PriceSeries } from './price-series.ts';
import { sayChange, sayCount, sayDate, sayPrice, sayShare } from './say-number.ts';
import {
  averageClose,
  averageVolume,
  dailyVolatility,
  highest,
  largestDrawdown,
  lowest,
  totalReturn,
  yearly,
} from './statistics.ts';

const DatedPrice = z.object({ date: Day, price: z.number() });

/** One measure of one share: shares are compared by `value`, null where the data does not give it. */
export const Figure = z.object({
  measure: Measure,
  symbol: z.string(),
  name: z.string(),
  /** Shares of 1 for return, yearly volatility and drawdown; dollars; pieces. */
  value: z.number().nullable(),
  /** As a table shows it. */
  shown: z.string(),
  /** The days that belong to it, and their prices. */
  at: z.array(DatedPrice),
  /** Of volatility: for one day. */
  daily: z.number().nullable(),
  summary: z.string(),
});
export type Figure = z.infer<typeof Figure>;

type Found = Pick<Figure, 'value' | 'shown'> & Partial<Pick<Figure, 'at' | 'daily'>> & { said: string };

const NOTHING: Found = { value: null, shown: '–', said: 'the data does not give it' };

/** Computes a measure from the prices. */
export function computeFigure(measure: Measure, { symbol, name, days }: PriceSeries): Figure {
  const { value, shown, at = [], daily = null, said } = days.length < 2 ? NOTHING : FINDERS[measure](days);
  return {
    measure,
    symbol,
    name,
    value,
    shown,
    at: [...at],
    daily,
    summary: `${name}, ${MEASURE_TITLES[measure]}: ${said}`,
  };
}

const FINDERS: Readonly<Record<Measure, (days: readonly PriceDay[]) => Found>> = {
  return(days) {
    const value = totalReturn(days);
    const at = [days[0], days.at(-1)].flatMap((day) => (day ? [{ date: day.date, price: day.close }] : []));
    const [first, last] = at.map(({ price }) => sayPrice(price));
    return { value, at, shown: sayChange(value), said: `${sayChange(value)} (${first} → ${last})` };
  },
  volatility(days) {
    const daily = dailyVolatility(days);
    if (daily === undefined) return NOTHING;
    const value = yearly(daily);
    const shown = sayShare(value);
    return { value, daily, shown, said: `${shown} a year (${sayShare(daily, 2)} a day)` };
  },
  range(days) {
    const [high, low] = [highest(days), lowest(days)];
    const shown = `${sayPrice(high.price)} / ${sayPrice(low.price)}`;
    const said = `high ${sayPrice(high.price)} on ${sayDate(high.date)}, low ${sayPrice(low.price)} on ${sayDate(low.date)}`;
    return { value: high.price / low.price - 1, at: [high, low], shown, said };
  },
  drawdown(days) {
    const { depth, from, to } = largestDrawdown(days);
    const shown = sayChange(depth);
    const said = depth === 0 ? 'it never fell' : `${shown} from ${sayDate(from.date)} to ${sayDate(to.date)}`;
    return { value: depth, at: [from, to], shown, said };
  },
  average(days) {
    const value = averageClose(days);
    return { value, shown: sayPrice(value), said: sayPrice(value) };
  },
  volume(days) {
    const value = averageVolume(days);
    return value === undefined
      ? NOTHING
      : { value, shown: sayCount(value), said: `${sayCount(value)} a day` };
  },
};
