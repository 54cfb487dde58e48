import { findObject, type LanguageModel, type ModelTool } from '@parley/language-model';
import { ParleyError } from '@parley/shared-models';
import { z } from 'zod';
import { dayOf } from '../../language/day.ts';
import { hasWork, ResearchRequest } from '../request/research-request.ts';
import type { Library } from './understand.ts';

export interface ModelRequestOptions {
  readonly text: string;
  /** The earlier request, when it is to be refined. */
  readonly before: ResearchRequest | undefined;
  readonly library: Library;
  readonly model: LanguageModel;
  readonly at: Date;
  readonly signal: AbortSignal;
}

/**
 * Lets a language model read the request, as arguments of a tool whose schema is that of a request; arguments that
 * do not fit are given back to it. A model that takes no tools is asked for the same as JSON, and JSON in its text counts
 * wherever it stands.
 * @throws ParleyError `agent_failed` when the provider fails, or the model plans nothing
 */
export async function requestFromModel(options: ModelRequestOptions): Promise<ResearchRequest> {
  const { text, before, library, model, at, signal } = options;
  let planned: ResearchRequest | undefined;
  const system = introduce(library, at);
  const question = {
    messages: [{ role: 'user' as const, text: before === undefined ? text : refinementOf(text, before) }],
    temperature: 0,
    maxOutputTokens: 2000,
    signal,
  };
  const makePlan: ModelTool = {
    name: 'make_plan',
    description: 'Says what is to be found out. Call it once, with everything.',
    input: ResearchRequest,
    run: async (input) => {
      const { request, missing } = withKnownShares(ResearchRequest.parse(input), library);
      if (missing.length > 0)
        return `There are no prices of ${missing.join(', ')}. Call make_plan again without.`;
      planned = request;
      return 'The plan is made. Say nothing more.';
    },
  };
  let written = '';
  let hasTools = true;
  try {
    written = await model.generateText({ ...question, system, tools: [makePlan] });
  } catch (error) {
    // An error after the plan was made does not matter.
    if (planned !== undefined && !signal.aborted) return planned;
    if (!(error instanceof ParleyError) || error.details?.refused !== 'tools') throw error;
    written = await model.generateText({ ...question, system: `${system}\n${AS_JSON}` });
    hasTools = false;
  }
  planned ??= findObject(written, (value) => readPlan(value, library, hasTools));
  if (planned === undefined) throw new ParleyError('agent_failed', `${model.label} made no plan.`);
  return planned;
}

const AS_JSON = [
  'You have no tools: instead of calling make_plan, answer with nothing but its arguments as a JSON object of this schema:',
  JSON.stringify(z.toJSONSchema(ResearchRequest, { io: 'input' })),
].join('\n');

/**
 * Any object is a request of nothing: one that asks for something is the plan. `hasTools`: the model takes tools, which
 * `work` needs.
 */
function readPlan(value: unknown, library: Library, hasTools: boolean): ResearchRequest | undefined {
  const parsed = ResearchRequest.safeParse(value);
  if (!parsed.success) return undefined;
  const { request, missing } = withKnownShares(parsed.data, library);
  const undone = hasTools ? [] : request.work.map((instruction) => instruction.slice(0, 200));
  const notUnderstood = [...request.notUnderstood, ...missing, ...undone].slice(0, 10);
  const plan = { ...request, work: hasTools ? request.work : [], notUnderstood };
  return hasWork(plan) ? plan : undefined;
}

/** Models write symbols as people do: `tsla`. */
function withKnownShares(
  request: ResearchRequest,
  { companies }: Library,
): { readonly request: ResearchRequest; readonly missing: readonly string[] } {
  const known = new Map(companies.map(({ symbol }) => [symbol.toLowerCase(), symbol]));
  const symbols = request.symbols.flatMap((symbol) => known.get(symbol.toLowerCase()) ?? []);
  const missing = request.symbols.filter((symbol) => !known.has(symbol.toLowerCase()));
  return { request: { ...request, symbols: [...new Set(symbols)] }, missing };
}

function introduce({ companies, files }: Library, at: Date): string {
  return [
    'You plan research for a person who chats with software agents. Call make_plan with what the request asks for; do not answer it.',
    `There are daily prices of: ${companies.map(({ symbol, name }) => `${symbol} (${name})`).join(', ')}. No others.`,
    `Measures are computed by exact code. A question about performance in general needs all of them.`,
    `CSV files for \`queries\`: ${files.length === 0 ? 'none' : files.join(', ')}.`,
    '`calculations` are expressions such as 15% * 2300; `pages` are addresses that stand in the request; `notes` what the person wants',
    'noted; `work` is what needs thought beyond that: each one instruction to an assistant with a calculator, the CSV files and web pages.',
    'Leave a list empty that is not needed. What the request asks for and nobody here can do goes, word for word, into `notUnderstood`.',
    `Periods "last" end with the newest data. Unless the request says otherwise the period is the last month. Today is ${dayOf(at)}.`,
  ].join('\n');
}

function refinementOf(text: string, before: ResearchRequest): string {
  return [
    `The report that is there was planned as: ${JSON.stringify(before)}`,
    'Change that plan as the person now wishes; what the wish does not touch stays.',
    `The wish: ${text}`,
  ].join('\n');
}
