import { TableQuery } from '@parley/research-tools';
import { z } from 'zod';
import { Measure } from '../figures/measure.ts';
import { Period } from '../request/period.ts';

const Text = z.string().min(1).max(2000);

/** An executor's work in one step. */
export const StepInput = z.discriminatedUnion('do', [
  z.object({ do: z.literal('prices'), symbol: z.string(), name: z.string(), period: Period }),
  /** Of the series that the step `series` has loaded. */
  z.object({ do: z.literal('measure'), measure: Measure, series: z.string() }),
  z.object({ do: z.literal('compare'), series: z.array(z.string()), measures: z.array(Measure) }),
  z.object({ do: z.literal('calculate'), expression: z.string() }),
  z.object({ do: z.literal('query'), file: z.string(), query: TableQuery }),
  z.object({ do: z.literal('page'), url: z.string() }),
  z.object({ do: z.literal('note'), text: Text }),
  /** For a language model, with the tools. */
  z.object({ do: z.literal('work'), instruction: Text }),
]);
export type StepInput = z.infer<typeof StepInput>;

/** Result of a calculation, a query, a page, a note, or a language model's work. */
export const Finding = z.object({
  kind: z.enum(['calculation', 'query', 'page', 'note', 'work']),
  /** Its subject: the expression, the file, the address, … */
  about: z.string(),
  /** Markdown. */
  text: z.string(),
  /** Where it comes from, for the list of sources; empty: from nowhere. */
  source: z.string(),
  summary: z.string(),
  /** The source failed; `summary` names it and the reason. */
  isMissing: z.literal(true).optional(),
});
export type Finding = z.infer<typeof Finding>;
