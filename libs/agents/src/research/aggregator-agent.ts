import { type AgentDefinition, defineAgent, type StepContext } from '@parley/agent-kit';
import type { LanguageModel } from '@parley/language-model';
import type { JsonValue } from '@parley/shared-models';
import { languageModelCapability } from '../language-model-capability.ts';
import { isModelFailure } from '../stream-answer.ts';
import { asJson } from './plan/plan-steps.ts';
import { pickMaterial } from './report/material.ts';
import { ReportInput } from './report/report-input.ts';
import { writeReport } from './report/write-report.ts';
import { summarize } from './report/write-summary.ts';

/** Writes the report from the steps' findings. */
export function createAggregatorAgent(model: LanguageModel): AgentDefinition {
  return defineAgent({
    name: 'Aggregator',
    description: 'Puts results together for the Planner',
    capabilities: [languageModelCapability(model)],
    timeoutMs: 250_000,
    onMessage: () => 'I write the reports of research tasks. Tell the Planner what you want to know.',
    onStep: (context) => aggregate(context, model),
  });
}

async function aggregate({ step, signal, logger }: StepContext, model: LanguageModel): Promise<JsonValue> {
  const { title, request, by, remark } = step.parseInput(ReportInput);
  const material = pickMaterial(request, step.round, step.results);
  const parts = { title, request, material, by, ...(remark === '' ? {} : { remark }) };
  const data = { figures: material.figures, comparison: material.comparison ?? null };
  const summary = `${title}: ${material.figures.length} figures`;
  if (model.isOffline) return asJson({ text: writeReport(parts), data, summary });
  try {
    const written = await summarize({ step, material, model, signal });
    const text = writeReport({ ...parts, summary: { text: written, by: model.label } });
    return asJson({ text, data, summary });
  } catch (err) {
    if (!isModelFailure(err, signal)) throw err;
    logger.warn({ err, languageModel: model.label }, 'the language model failed; the rules write the report');
    const why = `${err.message} The offline rules have written the findings instead.`;
    const text = writeReport({ ...parts, remark: remark === '' ? why : `${remark} ${why}` });
    return asJson({ text, data, summary });
  }
}
