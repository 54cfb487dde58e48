import type { PlanContext, TaskPlan } from '@parley/agent-kit';
import type { LanguageModel } from '@parley/language-model';
import type { DataFolder } from '@parley/research-tools';
import { ParleyError } from '@parley/shared-models';
import { answerTimeoutMs } from '../../stream-answer.ts';
import type { ReportInput } from '../report/report-input.ts';
import { hasWork } from '../request/research-request.ts';
import { AGGREGATORS, asJson, planSteps } from './plan-steps.ts';
import { sayNotUnderstood, titleOf } from './say-plan.ts';
import { openLibrary, understand } from './understand.ts';

/** Plans a round of a research task. @throws ParleyError `invalid_request` when there is nothing to be done */
export async function makePlan(
  context: PlanContext,
  data: DataFolder,
  model: LanguageModel,
): Promise<TaskPlan> {
  const library = await openLibrary(data);
  const { request, by, remark = '' } = await understand(context, library, model);
  if (!hasWork(request)) {
    throw new ParleyError('invalid_request', sayHelp(library.companies.map(({ name }) => name)));
  }
  const title = titleOf(request, library.companies);
  const input: ReportInput = { title, request, by, remark };
  // A report may be written by a language model, and a page or a model takes its time.
  const slowMs = answerTimeoutMs(model) + 60_000;
  const steps = planSteps(request, {
    companies: library.companies,
    round: context.round,
    slowMs,
  });
  const known = new Set(context.steps.flatMap(({ id, state }) => (state === 'done' ? [id] : [])));
  const added = steps.filter(({ id }) => !known.has(id)).length;
  const message = [
    sayPlanned(context.round, title, added, steps.length - added),
    sayNotUnderstood(request, by),
    remark,
  ];
  return {
    steps,
    aggregate: { title: 'Write the report', group: AGGREGATORS, input: asJson(input), timeoutMs: slowMs },
    message: message.filter((line) => line !== '').join('\n\n'),
  };
}

export function sayHelp(names: readonly string[]): string {
  return (
    `Tell me what to find out about ${names.join(', ')}: “Analyze the stock performance of ${names[0] ?? 'Apple'} over the last month”. ` +
    'I know return, volatility, high and low, drawdown, average price and volume; I calculate, query CSV files and read pages of allowed hosts.'
  );
}

function sayPlanned(round: number, title: string, added: number, known: number): string {
  const steps = (count: number): string => (count === 1 ? 'one step' : `${count} steps`);
  if (round === 1) return `**${title}**: ${steps(added)}, then the report.`;
  if (added === 0) return `**${title}**: all results are there, I write the report anew.`;
  const kept = known === 0 ? '' : ` The results of ${steps(known)} are there already.`;
  const more = added === 1 ? 'one more step' : `${added} more steps`;
  return `**${title}**: ${more}, then the report.${kept}`;
}
