import type { StepContext } from '@parley/agent-kit';
import type { JsonValue } from '@parley/shared-models';
import { compareShares } from '../figures/comparison.ts';
import { computeFigure, Figure } from '../figures/figure.ts';
import { PriceSeries } from '../figures/price-series.ts';
import { asJson } from '../plan/plan-steps.ts';
import { findByCalculating, findInFile, findOnPage } from './find-out.ts';
import { loadPrices } from './load-prices.ts';
import { noteDown } from './note-down.ts';
import { orMissing } from './or-missing.ts';
import { StepInput } from './step-input.ts';
import type { Tools } from './tools.ts';
import { workWithTools } from './work-with-tools.ts';

/** Does one step, with real tools. Nothing outside changes but the notes, and these only once. */
export async function doResearchStep(context: StepContext, tools: Tools): Promise<JsonValue> {
  return asJson(await find(context.step.parseInput(StepInput), context, tools));
}

async function find(input: StepInput, context: StepContext, tools: Tools): Promise<unknown> {
  const { step, signal } = context;
  const seriesOf = (id: string): PriceSeries => step.parseResult(id, PriceSeries);
  switch (input.do) {
    case 'prices':
      return loadPrices(tools.data, input);
    case 'measure':
      return computeFigure(input.measure, seriesOf(input.series));
    case 'compare': {
      const figures = Object.values(step.results).flatMap((result) => {
        const figure = Figure.safeParse(result);
        return figure.success ? [figure.data] : [];
      });
      return compareShares(input.series.map(seriesOf), figures);
    }
    case 'calculate':
      return orMissing(context, 'calculation', input.expression, () => findByCalculating(input.expression));
    case 'query':
      return orMissing(context, 'query', input.file, () => findInFile(tools.data, input.file, input.query));
    case 'page':
      step.progress(`Reading ${input.url}`);
      return orMissing(context, 'page', input.url, () => findOnPage(tools.fetchPage, input.url, signal));
    case 'note':
      return noteDown(context, input.text);
    case 'work':
      return orMissing(context, 'work', input.instruction, () =>
        workWithTools(context, tools, input.instruction),
      );
  }
}
