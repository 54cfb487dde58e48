import { ParleyError } from '@parley/shared-models';
import { streamText, type LanguageModel as VendorModel } from 'ai';
import { collect } from '../collect.ts';
import type { LanguageModel, TextRequest } from '../language-model.ts';
import { throwIfStopped } from '../stop-signal.ts';
import { type AnswerLimits, startAnswerDeadline } from './answer-deadline.ts';
import { classifyText } from './classify-text.ts';
import { brokenAnswer, type Provider, providerError, toProviderError } from './provider-error.ts';
import { openToolRounds } from './tool-rounds.ts';

export interface ProviderModelOptions {
  readonly label: string;
  readonly provider: Provider;
  readonly model: VendorModel;
  readonly limits: AnswerLimits;
  /** Further tries after a transient failure (408, 409, 429, 5xx, no connection), before the first piece. */
  readonly retries: number;
  /** Whether the provider holds an answer to a JSON schema. */
  readonly hasStructuredOutput: boolean;
}

/** A provider's model behind the port, over the AI SDK. */
export function createProviderModel(options: ProviderModelOptions): LanguageModel {
  const { label, provider, model, limits, retries } = options;

  async function* stream(request: TextRequest): AsyncGenerator<string, void, undefined> {
    throwIfStopped(request.signal);
    const deadline = startAnswerDeadline(limits);
    const readerLeft = new AbortController();
    const rounds = openToolRounds(request.tools);
    let hasText = false;
    let isNewRound = false;
    try {
      const parts = streamText({
        model,
        messages: request.messages.map(({ role, text }) => ({ role, content: text })),
        maxRetries: retries,
        abortSignal: anySignal(deadline.signal, readerLeft.signal, request.signal),
        // Errors come as parts; the default handler would print them, headers included, to the console.
        onError: () => {},
        ...rounds.settings,
        ...(request.system === undefined ? {} : { instructions: request.system }),
        ...(request.maxOutputTokens === undefined ? {} : { maxOutputTokens: request.maxOutputTokens }),
        ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
      }).stream;
      for await (const part of parts) {
        switch (part.type) {
          case 'text-delta':
            deadline.pause();
            if (part.text !== '') {
              // What it wrote before it used a tool stands by itself.
              yield isNewRound && hasText ? `\n\n${part.text}` : part.text;
              hasText = true;
              isNewRound = false;
            }
            deadline.resume();
            break;
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
          case 'reasoning-delta':
          case 'tool-input-delta':
          case 'tool-result':
            deadline.resume();
            break;
          case 'error':
            throw toProviderError(part.error, provider);
          case 'finish':
            if (part.finishReason === 'interrupted' || part.finishReason === 'error') {
              throw brokenAnswer(provider);
            }
            if (!hasText) throw emptyAnswer(provider, part.finishReason);
            return;
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

  return {
    label,
    isOffline: false,
    streamText: stream,
    generateText: (request) => collect(stream(request)),
    classify: (request) => classifyText(options, request),
  };
}

function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

function emptyAnswer(provider: Provider, finishReason: string): ParleyError {
  const isFiltered = finishReason === 'content-filter';
  return providerError(
    provider,
    isFiltered
      ? `${provider.name} declined to answer (content filter).`
      : `${provider.name} gave an empty answer.`,
  );
}

function silentProvider(provider: Provider, limitMs: number, hasText: boolean): ParleyError {
  const limit = `${limitMs / 1000} s`;
  return providerError(
    provider,
    hasText
      ? `${provider.name} fell silent for ${limit} in the middle of its answer.`
      : `${provider.name} gave no answer within ${limit}.`,
  );
}
