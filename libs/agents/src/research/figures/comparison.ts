import { z } from 'zod';
import type { Figure } from './figure.ts';
import { MEASURE_TITLES, Measure } from './measure.ts';
import type { PriceSeries } from './price-series.ts';
import { sayList } from './say-number.ts';
import { correlation } from './statistics.ts';

/** Several shares side by side. */
export const Comparison = z.object({
  /** For each measure the shares that have it, the largest value first. */
  ranks: z.array(z.object({ measure: Measure, symbols: z.array(z.string()) })),
  /** Of each pair's daily returns, from -1 to 1. */
  correlations: z.array(z.object({ one: z.string(), other: z.string(), value: z.number() })),
  summary: z.string(),
});
export type Comparison = z.infer<typeof Comparison>;

export function compareShares(series: readonly PriceSeries[], figures: readonly Figure[]): Comparison {
  const measures = [...new Set(figures.map(({ measure }) => measure))];
  const ranks = measures.map((measure) => ({
    measure,
    symbols: figures
      .filter((figure) => figure.measure === measure && figure.value !== null)
      .toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0))
      .map(({ symbol }) => symbol),
  }));
  const correlations = series.flatMap((one, index) =>
    series.slice(index + 1).flatMap((other) => {
      const value = correlation(one.days, other.days);
      return value === undefined ? [] : [{ one: one.symbol, other: other.symbol, value }];
    }),
  );
  const said = ranks.flatMap(({ measure, symbols }) =>
    symbols.length < 2 ? [] : [`${MEASURE_TITLES[measure]}: ${symbols.join(' > ')}`],
  );
  return { ranks, correlations, summary: said.length === 0 ? 'Nothing to compare' : sayList(said) };
}
