import { setImmediate as nextTurn } from 'node:timers/promises';
import { collect } from '../collect.ts';
import type { LanguageModel, TextRequest } from '../language-model.ts';
import { throwIfStopped } from '../stop-signal.ts';
import { answerOffline } from './answer-offline.ts';

export interface OfflineModelOptions {
  /** @default the machine's clock */
  readonly now?: () => Date;
}

/** Small talk by rules, for when there is no provider's key. The same question gets the same answer. */
export function createOfflineModel(options: OfflineModelOptions = {}): LanguageModel {
  const { now = () => new Date() } = options;

  async function* stream(request: TextRequest): AsyncGenerator<string, void, undefined> {
    const question = request.messages.findLast((message) => message.role === 'user')?.text ?? '';
    for (const word of answerOffline(question, now()).match(/\S+\s*/g) ?? []) {
      throwIfStopped(request.signal);
      yield word;
      // Lets a stop come through; a generator that never leaves the microtasks cannot be stopped.
      await nextTurn();
    }
  }

  return {
    label: 'offline rules',
    isOffline: true,
    streamText: stream,
    generateText: (request) => collect(stream(request)),
  };
}
