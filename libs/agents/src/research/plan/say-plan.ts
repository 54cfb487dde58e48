import { MEASURE_TITLES, MEASURES } from '../figures/measure.ts';
import { sayList } from '../figures/say-number.ts';
import type { Company } from '../request/company.ts';
import { sayPeriod } from '../request/period.ts';
import type { ResearchRequest } from '../request/research-request.ts';

/** The subject of a task in a line for people. */
export function titleOf(request: ResearchRequest, companies: readonly Company[]): string {
  const { symbols, measures, period, calculations, pages, queries, work, notes } = request;
  const names = symbols.map((symbol) => companies.find((each) => each.symbol === symbol)?.name ?? symbol);
  const parts = [
    ...(names.length === 0
      ? []
      : [`${titleOfMeasures(measures)} of ${sayList(names)} over ${sayPeriod(period)}`]),
    ...(calculations.length === 0 ? [] : [calculations.join(', ')]),
    ...queries.map(({ file }) => `Figures from ${file}`),
    ...pages.map((url) => URL.parse(url)?.host ?? url),
    ...work,
    ...notes.map((note) => `Note: ${note}`),
  ];
  return (parts.join('; ') || 'Research').slice(0, 300);
}

function titleOfMeasures(measures: ResearchRequest['measures']): string {
  if (measures.length === MEASURES.length) return 'Stock performance';
  const said = sayList(measures.map((measure) => MEASURE_TITLES[measure]));
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}`;
}

/** The unclear parts of a request, as a sentence; empty when all is clear. */
export function sayNotUnderstood({ notUnderstood }: ResearchRequest, by: string): string {
  if (notUnderstood.length === 0) return '';
  return `I could not understand ${sayList(notUnderstood.map((words) => `“${words}”`))} (${by}), and left it out.`;
}
