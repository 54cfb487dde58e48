import type { Logger } from '@parley/process-kit';
import { ParleyError } from '@parley/shared-models';
import { streamText, type LanguageModel as VendorModel } from 'ai';
import { collect } from '../collect.ts';
import type { AnswerEnd, LanguageModel, ModelMessage, TextRequest } from '../language-model.ts';
import { throwIfStopped } from '../stop-signal.ts';
import { withoutThoughts } from '../thoughts.ts';
import { type AnswerLimits, startAnswerDeadline } from './answer-deadline.ts';
import type { Finish } from './answer-events.ts';
import { classifyText } from './classify-text.ts';
import { brokenAnswer, type Provider, providerError, toProviderError } from './provider-error.ts';
import { createTolerantFetch, type ModelManners } from './tolerant-fetch.ts';
import { openToolRounds } from './tool-rounds.ts';

export interface ProviderModelOptions {
  readonly label: string;
  readonly provider: Provider;
  /** The model over a `fetch` of ours, one for each answer. */
  readonly connect: (fetch: typeof globalThis.fetch) => VendorModel;
  readonly limits: AnswerLimits;
  /** Further tries after a transient failure (408, 409, 429, 5xx, no connection), before the first piece. */
  readonly retries: number;
  /** Limit of an answer's tokens, for all agents. @default the agents' own limits */
  readonly maxOutputTokens: number | undefined;
  /** The names of the model's parameters as set; names learnt from refusals are added. */
  readonly names: ReadonlyMap<string, string>;
  /** Whether the provider holds an answer to a JSON schema. */
  readonly hasStructuredOutput: boolean;
  readonly logger?: Pick<Logger, 'info'> | undefined;
}

/** How the protocol's side of a question differs from an answer for people. */
export interface QuestionOptions {
  /** Sent along: fields of the protocol that the AI SDK does not set. */
  readonly more?: Readonly<Record<string, unknown>>;
  readonly retries?: number;
}

/** Streams an answer's text; the model's own words only. */
export type AskModel = (
  request: TextRequest,
  options?: QuestionOptions,
) => AsyncGenerator<string, void, undefined>;

const MAX_REASONING = 8000;
/** Models that think before each answer: `deepseek-r1:8b`, `QwQ-32B`, `Qwen3-4B-Thinking-2507`. */
const ALWAYS_THINKS = /(?:^|[-_/:.])(?:r1|qwq|thinking|reasoner|magistral)(?:$|[-_/:.])/i;

/** A provider's model behind the port, over the AI SDK. */
export function createProviderModel(options: ProviderModelOptions): LanguageModel {
  const { label, provider, connect, limits, logger } = options;
  const manners: ModelManners = {
    names: new Map(options.names),
    opensInThought: ALWAYS_THINKS.test(provider.modelName),
  };
  const onLearnt = (parameter: string, instead: string): void => {
    logger?.info(
      { languageModel: label, parameter, instead },
      'the language model wants a parameter otherwise',
    );
  };

  async function* ask(
    request: TextRequest,
    { more = {}, retries = options.retries }: QuestionOptions = {},
  ): AsyncGenerator<string, void, undefined> {
    throwIfStopped(request.signal);
    const deadline = startAnswerDeadline(limits);
    const readerLeft = new AbortController();
    const rounds = openToolRounds(request.tools);
    const { maxOutputTokens } = request;
    let reasoning = '';
    let finish: Finish | undefined;
    let failure: ParleyError | undefined;
    let hasText = false;
    let isNewRound = false;
    const tolerantFetch = createTolerantFetch({
      provider,
      manners,
      more,
      onLearnt,
      listener: {
        onAlive: () => deadline.prolong(),
        onThought: (text) => {
          reasoning = (reasoning + text).slice(0, MAX_REASONING);
        },
        onFinish: (reason) => {
          finish = reason;
        },
        onFailure: (error) => {
          failure = error;
        },
      },
    });
    try {
      const parts = streamText({
        model: connect(tolerantFetch),
        messages: alternating(request.messages).map(({ role, text }) => ({ role, content: text })),
        maxRetries: retries,
        abortSignal: anySignal(deadline.signal, readerLeft.signal, request.signal),
        // Errors come as parts; the default handler would print them, headers included, to the console.
        onError: () => {},
        ...rounds.settings,
        ...(request.system === undefined ? {} : { instructions: request.system }),
        ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
        ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
      }).stream;
      for await (const part of parts) {
        switch (part.type) {
          case 'text-delta': {
            deadline.pause();
            // Between thoughts and answer there are empty lines.
            const text = hasText ? part.text : part.text.trimStart();
            if (text !== '') {
              // The text before a call of a tool is a paragraph of its own.
              yield isNewRound && hasText ? `\n\n${text}` : text;
              hasText = true;
              isNewRound = false;
            }
            deadline.resume();
            break;
          }
          case 'start-step':
            isNewRound = true;
            break;
          case 'tool-call':
            // The provider has done its part; how long a tool takes is not its affair.
            deadline.pause();
            break;
          case 'tool-error':
            rounds.throwIfFailed();
            deadline.resume();
            break;
          case 'tool-input-delta':
          case 'tool-result':
            deadline.resume();
            break;
          case 'error':
            throw toProviderError(part.error, provider);
          case 'finish-step':
            // Half a call of a tool would be given back to the model: another round after the failure.
            if (failure !== undefined) throw failure;
            break;
          case 'finish': {
            if (finish === undefined) throw brokenAnswer(provider);
            if (!hasText) throw withoutText(provider, finish, reasoning, maxOutputTokens);
            const end = endOf(provider, finish, reasoning, maxOutputTokens);
            request.onEnd?.(end);
            if (end.note !== undefined) yield `\n\n${end.note}`;
            return;
          }
        }
      }
      throw brokenAnswer(provider);
    } catch (error) {
      throwIfStopped(request.signal);
      rounds.throwIfFailed();
      if (deadline.exceededMs !== undefined) throw silentProvider(provider, deadline.exceededMs, hasText);
      throw error instanceof ParleyError ? error : toProviderError(error, provider);
    } finally {
      deadline.pause();
      readerLeft.abort();
    }
  }

  const streamAnswer = (request: TextRequest): AsyncGenerator<string, void, undefined> => {
    const maxOutputTokens = options.maxOutputTokens ?? request.maxOutputTokens;
    return ask({ ...request, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) });
  };
  return {
    label,
    isOffline: false,
    firstPieceMs: limits.firstPieceMs,
    streamText: streamAnswer,
    generateText: (request) => collect(streamAnswer(request)),
    classify: (request) => classifyText(ask, options, request),
  };
}

function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

function endOf(
  provider: Provider,
  reason: Finish,
  reasoning: string,
  maxTokens: number | undefined,
): AnswerEnd {
  const thought = reasoning === '' ? {} : { reasoning };
  if (reason === 'stop') return thought;
  if (reason === 'filter') {
    return {
      ...thought,
      isFiltered: true,
      note: `*The content filter of ${provider.name} ended the answer here.*`,
    };
  }
  // Which one it was, providers do not say.
  const limit = `${sayTokens(maxTokens)} (LLM_MAX_OUTPUT_TOKENS), or the length of the model’s context`;
  const note = `*The answer was cut off: ${limit}. Write “continue” for the rest.*`;
  return { ...thought, isCutOff: true, limit, note };
}

const sayTokens = (limit: number | undefined): string =>
  limit === undefined
    ? 'the model’s limit of tokens'
    : `${limit.toLocaleString('en-US')} tokens for one answer`;

/** Why there is no answer, although the provider has ended it properly. */
function withoutText(
  provider: Provider,
  reason: Finish,
  reasoning: string,
  limit: number | undefined,
): ParleyError {
  const { name } = provider;
  if (reason === 'filter') return providerError(provider, `${name} declined to answer (content filter).`);
  const did = reasoning === '' ? 'wrote nothing' : 'thought, and wrote no answer';
  if (reason === 'length') {
    return providerError(provider, `${name} ${did} within ${sayTokens(limit)}: raise LLM_MAX_OUTPUT_TOKENS.`);
  }
  if (reasoning !== '') return providerError(provider, `${name} ${did}: ask again, or more simply.`);
  return providerError(provider, `${name} gave an empty answer.`);
}

function silentProvider(provider: Provider, limitMs: number, hasText: boolean): ParleyError {
  const limit = `${limitMs / 1000} s`;
  return providerError(
    provider,
    hasText
      ? `${provider.name} fell silent for ${limit} in the middle of its answer (LLM_IDLE_TIMEOUT_MS).`
      : `${provider.name} gave no answer within ${limit} (LLM_FIRST_TOKEN_TIMEOUT_MS).`,
  );
}

/**
 * Messages as the strictest endpoints want them: they begin and end with the person, roles alternate, nothing is empty,
 * and no thoughts of the model go back to it. Neighbours of one role become one message.
 */
export function alternating(messages: readonly ModelMessage[]): ModelMessage[] {
  const turns: { role: ModelMessage['role']; text: string }[] = [];
  for (const { role, text: said } of messages) {
    const text = role === 'assistant' ? withoutThoughts(said) : said;
    if (text.trim() === '' || (turns.length === 0 && role === 'assistant')) continue;
    const last = turns.at(-1);
    if (last?.role === role) last.text = `${last.text}\n\n${text}`;
    else turns.push({ role, text });
  }
  // A message of spaces is a message, too.
  if (turns.at(-1)?.role !== 'user') turns.push({ role: 'user', text: '…' });
  return turns;
}
