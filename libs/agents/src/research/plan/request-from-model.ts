import type { LanguageModel } from '@parley/language-model';
import { ParleyError } from '@parley/shared-models';
import { dayOf } from '../../language/day.ts';
import { ResearchRequest } from '../request/research-request.ts';
import type { Library } from './understand.ts';

export interface ModelRequestOptions {
  readonly text: string;
  /** What was asked for before, when it is to be refined. */
  readonly before: ResearchRequest | undefined;
  readonly library: Library;
  readonly model: LanguageModel;
  readonly at: Date;
  readonly signal: AbortSignal;
}

/**
 * Lets a language model say what is asked for, as arguments of a tool whose schema is that of a request; arguments that
 * do not fit are given back to it.
 * @throws ParleyError `agent_failed` when the provider fails, or the model plans nothing
 */
export async function requestFromModel(options: ModelRequestOptions): Promise<ResearchRequest> {
  const { text, before, library, model, at, signal } = options;
  let planned: ResearchRequest | undefined;
  const known = new Set(library.companies.map(({ symbol }) => symbol));
  const ask = (): Promise<string> =>
    model.generateText({
      system: introduce(library, at),
      messages: [{ role: 'user', text: before === undefined ? text : refinementOf(text, before) }],
      temperature: 0,
      maxOutputTokens: 2000,
      signal,
      tools: [
        {
          name: 'make_plan',
          description: 'Says what is to be found out. Call it once, with everything.',
          input: ResearchRequest,
          run: async (input) => {
            const request = ResearchRequest.parse(input);
            const missing = request.symbols.filter((symbol) => !known.has(symbol));
            if (missing.length > 0)
              return `There are no prices of ${missing.join(', ')}. Call make_plan again without.`;
            planned = request;
            return 'The plan is made. Say nothing more.';
          },
        },
      ],
    });
  try {
    await ask();
  } catch (error) {
    // What fails after the plan was made was not needed any more.
    if (planned === undefined || signal.aborted) throw error;
  }
  if (planned === undefined) throw new ParleyError('agent_failed', `${model.label} made no plan.`);
  return planned;
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
