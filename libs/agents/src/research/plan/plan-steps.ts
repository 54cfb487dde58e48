import type { TaskPlan } from '@parley/agent-kit';
import type { JsonValue } from '@parley/shared-models';
import { MEASURE_TITLES } from '../figures/measure.ts';
import { sayList } from '../figures/say-number.ts';
import type { Company } from '../request/company.ts';
import { sayPeriod } from '../request/period.ts';
import type { ResearchRequest } from '../request/research-request.ts';
import type { StepInput } from '../steps/step-input.ts';
import { stepIds } from './step-ids.ts';

/** Groups of the agents that do the steps and that make the report. */
export const EXECUTORS = 'executor';
export const AGGREGATORS = 'aggregator';

type PlannedStep = NonNullable<TaskPlan['steps'][number]>;

/** Attempts at a step; in the last one a source that cannot be had is a finding, too. */
export const ATTEMPTS = 3;

/**
 * The steps that a request needs: prices of each share, then the measures, all side by side, then the comparison;
 * other wishes beside them. Steps of earlier rounds have the same ids, and are not done again.
 */
export function planSteps(
  request: ResearchRequest,
  {
    companies,
    round,
    slowMs,
  }: {
    readonly companies: readonly Company[];
    readonly round: number;
    /** A page or a language model may take as long, in milliseconds; figures take no time. */
    readonly slowMs: number;
  },
): PlannedStep[] {
  const { symbols, measures, period, calculations, pages, queries, notes, work } = request;
  const nameOf = (symbol: string): string => companies.find((each) => each.symbol === symbol)?.name ?? symbol;
  const series = symbols.map((symbol) => stepIds.prices(symbol, period));
  const when = sayPeriod(period);
  return [
    ...symbols.map((symbol) =>
      step(stepIds.prices(symbol, period), `Load the prices of ${nameOf(symbol)} for ${when}`, {
        do: 'prices',
        symbol,
        name: nameOf(symbol),
        period,
      }),
    ),
    ...symbols.flatMap((symbol) => {
      const from = stepIds.prices(symbol, period);
      return measures.map((measure) => {
        const id = stepIds.measure(measure, symbol, period);
        const title = `Compute the ${MEASURE_TITLES[measure]} of ${nameOf(symbol)}`;
        return { ...step(id, title, { do: 'measure', measure, series: from }), dependsOn: [from] };
      });
    }),
    ...(symbols.length < 2 || measures.length === 0
      ? []
      : [
          {
            ...step(stepIds.compare(symbols, measures, period), `Compare ${sayList(symbols.map(nameOf))}`, {
              do: 'compare',
              series,
              measures: [...measures],
            }),
            dependsOn: [
              ...series,
              ...symbols.flatMap((symbol) => measures.map((each) => stepIds.measure(each, symbol, period))),
            ],
          },
        ]),
    ...calculations.map((expression) =>
      step(stepIds.calculate(expression), `Calculate ${expression}`, { do: 'calculate', expression }),
    ),
    ...queries.map(({ file, query }) =>
      step(stepIds.query(file, query), `Query the file ${file}`, { do: 'query', file, query }),
    ),
    ...pages.map((url) => ({
      ...step(stepIds.page(url), `Read ${url}`, { do: 'page', url }),
      timeoutMs: slowMs,
    })),
    ...notes.map((text) => step(stepIds.note(text, round), `Note: ${text}`, { do: 'note', text })),
    ...work.map((instruction) => ({
      ...step(stepIds.work(instruction, round), instruction, { do: 'work', instruction }),
      timeoutMs: slowMs,
    })),
  ].filter(({ id }, index, all) => all.findIndex((other) => other.id === id) === index);
}

function step(id: string, title: string, input: StepInput): PlannedStep {
  const tries = { maxAttempts: ATTEMPTS, retryMs: 500 };
  return { id, title: title.slice(0, 300), group: EXECUTORS, input: asJson(input), ...tries };
}

/** A value checked by zod is JSON but for optional fields that are undefined. */
export const asJson = (value: unknown): JsonValue => JSON.parse(JSON.stringify(value)) as JsonValue;
