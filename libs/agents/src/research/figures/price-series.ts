import { z } from 'zod';
import { Day } from '../../language/day.ts';

/** One trading day; `volume` is null where the data has none. */
export const PriceDay = z.object({
  date: Day,
  close: z.number().positive(),
  high: z.number().positive(),
  low: z.number().positive(),
  volume: z.number().nonnegative().nullable(),
});
export type PriceDay = z.infer<typeof PriceDay>;

/** The prices of one share in a period, oldest first. */
export const PriceSeries = z.object({
  symbol: z.string(),
  name: z.string(),
  /** The data file: `prices/AAPL`. */
  file: z.string(),
  origin: z.enum(['sample', 'own']),
  /** First and last day of the file; absent when it could not be read. */
  covered: z.object({ firstDay: Day, lastDay: Day }).optional(),
  days: z.array(PriceDay),
  /** The unreadable parts of the file, with the reasons. */
  remarks: z.array(z.string()).default([]),
  summary: z.string(),
});
export type PriceSeries = z.infer<typeof PriceSeries>;
