import { TableQuery } from '@parley/research-tools';
import { z } from 'zod';
import { Measure } from '../figures/measure.ts';
import { LAST_MONTH, Period } from './period.ts';

const Instruction = z.string().min(1).max(1000);

/** The questions to answer and the form of the report, as read by the rules or a language model. */
export const ResearchRequest = z.object({
  /** Shares, by symbol. */
  symbols: z.array(z.string().max(20)).max(8).default([]),
  measures: z.array(Measure).default([]),
  period: Period.default(LAST_MONTH),
  /** Expressions for the calculator. */
  calculations: z.array(z.string().max(500)).max(10).default([]),
  /** Addresses of pages to read. */
  pages: z.array(z.string().max(2000)).max(5).default([]),
  /** Questions to CSV files, apart from prices. */
  queries: z
    .array(z.object({ file: z.string().max(200), query: TableQuery }))
    .max(10)
    .default([]),
  /** Notes for the person. */
  notes: z.array(Instruction).max(10).default([]),
  /** Work that only a language model can do, with the tools. */
  work: z.array(Instruction).max(5).default([]),
  /** A few sentences and the figures, without a chart. */
  isShort: z.boolean().default(false),
  /** Parts of the text that mean nothing to the rules. */
  notUnderstood: z.array(z.string().max(200)).max(10).default([]),
});
export type ResearchRequest = z.infer<typeof ResearchRequest>;

/** Whether it asks for anything at all. */
export function hasWork(request: ResearchRequest): boolean {
  const { symbols, calculations, pages, queries, notes, work } = request;
  return [symbols, calculations, pages, queries, notes, work].some((each) => each.length > 0);
}
