import { type JsonValue, ParleyError } from '@parley/shared-models';
import { Comparison } from '../figures/comparison.ts';
import { Figure } from '../figures/figure.ts';
import { PriceSeries } from '../figures/price-series.ts';
import { stepIds } from '../plan/step-ids.ts';
import type { ResearchRequest } from '../request/research-request.ts';
import { Finding } from '../steps/step-input.ts';

/** The steps' findings on a report's subject. */
export interface Material {
  readonly series: readonly PriceSeries[];
  readonly figures: readonly Figure[];
  readonly comparison: Comparison | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Picks, out of all results of a task, those that a request asks for.
 * @throws ParleyError `invalid_request` when one is missing or is something else
 */
export function pickMaterial(
  request: ResearchRequest,
  round: number,
  results: Readonly<Record<string, JsonValue>>,
): Material {
  const { symbols, measures, period, calculations, queries, pages, notes, work } = request;
  const get = <T>(id: string, schema: { parse(value: unknown): T }): T => {
    if (!Object.hasOwn(results, id))
      throw new ParleyError('invalid_request', `The result of ${id} is missing.`);
    return schema.parse(results[id]);
  };
  const compared = stepIds.compare(symbols, measures, period);
  return {
    series: symbols.map((symbol) => get(stepIds.prices(symbol, period), PriceSeries)),
    figures: symbols.flatMap((symbol) =>
      measures.map((measure) => get(stepIds.measure(measure, symbol, period), Figure)),
    ),
    comparison: symbols.length > 1 && measures.length > 0 ? get(compared, Comparison) : undefined,
    findings: [
      ...calculations.map((expression) => stepIds.calculate(expression)),
      ...queries.map(({ file, query }) => stepIds.query(file, query)),
      ...pages.map((url) => stepIds.page(url)),
      ...work.map((instruction) => stepIds.work(instruction, round)),
      ...notes.map((note) => stepIds.note(note, round)),
    ].map((id) => get(id, Finding)),
  };
}
