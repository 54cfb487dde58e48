import type { PlanContext } from '@parley/agent-kit';
import type { LanguageModel } from '@parley/language-model';
import type { DataFolder } from '@parley/research-tools';
import { dayOf } from '../../language/day.ts';
import { isModelFailure } from '../../stream-answer.ts';
import { ReportInput } from '../report/report-input.ts';
import { type Company, listCompanies } from '../request/company.ts';
import { type ParsedRequest, parseRequest } from '../request/parse-request.ts';
import type { ResearchRequest } from '../request/research-request.ts';
import { requestFromModel } from './request-from-model.ts';

/** Companies and files for the research. */
export interface Library {
  readonly companies: readonly Company[];
  /** CSV files, by name. */
  readonly files: readonly string[];
}

export async function openLibrary(data: DataFolder): Promise<Library> {
  const files = (await data.list()).map(({ name }) => name);
  return {
    companies: await listCompanies(data),
    files: files.filter((name) => name !== 'companies'),
  };
}

/** The request, the name of its reader (rules or a model), and remarks for the person. */
export interface Understood {
  readonly request: ResearchRequest;
  readonly by: string;
  readonly remark?: string;
}

/** By the rules; `isUnderstood` tells whether they know anything of the text. */
export function readByRules(
  text: string,
  { companies, files }: Library,
  at: Date,
  before?: ResearchRequest,
): ParsedRequest {
  return parseRequest(text, { companies, files, today: dayOf(at), before });
}

/** The request of the newest report. */
export function requestBefore(steps: PlanContext['steps']): ResearchRequest | undefined {
  const last = steps.findLast(({ kind, state }) => kind === 'aggregate' && state === 'done');
  const input = ReportInput.safeParse(last?.input);
  return input.success ? input.data.request : undefined;
}

/** Reads a round's text: by the language model where there is one, else, and when that fails, by the rules. */
export async function understand(
  context: PlanContext,
  library: Library,
  model: LanguageModel,
): Promise<Understood> {
  const { text, steps, rounds, signal, logger } = context;
  const before = requestBefore(steps);
  const at = new Date(rounds.at(-1)?.at ?? Date.now());
  const byRules = (): ResearchRequest => {
    const { isUnderstood: _, ...request } = readByRules(text, library, at, before);
    return request;
  };
  if (model.isOffline) return { request: byRules(), by: model.label };
  try {
    return { request: await requestFromModel({ text, before, library, model, at, signal }), by: model.label };
  } catch (err) {
    if (!isModelFailure(err, signal)) throw err;
    logger.warn({ err, languageModel: model.label }, 'the language model failed; the offline rules plan');
    return {
      request: byRules(),
      by: 'offline rules',
      remark: `${err.message} The offline rules have planned instead.`,
    };
  }
}
