import type { LanguageModel } from '@parley/language-model';
import type { Logger } from '@parley/process-kit';
import type { ModelChoice, ModelOption } from '@parley/routing';

/** Asks a language model which agent a text is for, where an answer can be had soon. */
export interface ModelQuestion {
  /** Whether the model would be asked now. */
  readonly isAvailable: boolean;
  /**
   * Undefined when there is no answer in time. Never rejects but for the process going down.
   * @throws the signal's reason once the process goes down
   */
  ask(text: string, options: readonly ModelOption[]): Promise<ModelChoice | undefined>;
  /** Gives up all that is being asked: others wait. */
  hurry(): void;
}

export interface ModelQuestionOptions {
  readonly model: Pick<LanguageModel, 'label' | 'classify'>;
  /** For one question, in milliseconds; 0: never ask. */
  readonly timeoutMs: number;
  /** The process is going down. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Questions at once; more are not asked. @default 16 */
  readonly maxAtOnce?: number;
  /** After so many failures in a row the model is left alone for a while. @default 3 */
  readonly maxFailures?: number;
  /** How long, in milliseconds. @default 30000 */
  readonly restMs?: number;
  /** Milliseconds that only go forward. @default performance.now */
  readonly clock?: () => number;
}

export function createModelQuestion(options: ModelQuestionOptions): ModelQuestion {
  const { model, timeoutMs, signal, logger } = options;
  const { maxAtOnce = 16, maxFailures = 3, restMs = 30_000, clock = () => performance.now() } = options;
  let hurried = new AbortController();
  let asking = 0;
  let failures = 0;
  let restUntil = Number.NEGATIVE_INFINITY;

  const isAvailable = (): boolean =>
    model.classify !== undefined && timeoutMs > 0 && asking < maxAtOnce && clock() >= restUntil;

  return {
    get isAvailable() {
      return isAvailable();
    },
    async ask(text, choices) {
      signal.throwIfAborted();
      if (model.classify === undefined || !isAvailable() || choices.length === 0) return undefined;
      const giveUp = hurried.signal;
      asking += 1;
      try {
        const answer = await model.classify({
          text,
          options: choices,
          timeoutMs,
          signal: AbortSignal.any([signal, giveUp]),
        });
        failures = 0;
        return { group: answer.id, confidence: answer.confidence, model: model.label };
      } catch (err) {
        signal.throwIfAborted();
        if (giveUp.aborted) return undefined;
        failures += 1;
        if (failures >= maxFailures) restUntil = clock() + restMs;
        logger.warn({ err, languageModel: model.label, failures }, 'routing without the language model');
        return undefined;
      } finally {
        asking -= 1;
      }
    },
    hurry() {
      hurried.abort();
      hurried = new AbortController();
    },
  };
}
