import { z } from 'zod';

/** Measures computed from the prices of one share. */
export const Measure = z.enum(['return', 'volatility', 'range', 'drawdown', 'average', 'volume']);
export type Measure = z.infer<typeof Measure>;

export const MEASURES = Measure.options;

/** As people read them. */
export const MEASURE_TITLES: Readonly<Record<Measure, string>> = {
  return: 'return',
  volatility: 'volatility',
  range: 'high and low',
  drawdown: 'largest drawdown',
  average: 'average closing price',
  volume: 'average volume',
};
