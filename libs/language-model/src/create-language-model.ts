import { ConfigError, type Logger } from '@parley/process-kit';
import type { LanguageModel } from './language-model.ts';
import { type LanguageModelConfig, lacksModel, MODEL_IS_MISSING_LINES } from './language-model-config.ts';
import { createOfflineModel } from './offline/offline-model.ts';
import type { AnswerLimits } from './provider/answer-deadline.ts';

export interface LanguageModelOptions {
  /** Time limits of an answer, in milliseconds. @default as the settings say */
  readonly limits?: Partial<AnswerLimits>;
  /**
   * Further tries after a transient failure, 2 s apart, then 4 s, or as long as the provider asks for.
   * @default 2
   */
  readonly retries?: number;
  /** @default 'https://api.mistral.ai/v1' */
  readonly mistralBaseUrl?: string;
  /** Is told how the model wants parameters. @default nobody is */
  readonly logger?: Pick<Logger, 'info'>;
}

/**
 * The language model that the settings choose; nothing is asked of a provider yet. The provider's client is loaded only
 * where a provider is set: processes without a model start sooner.
 * @throws ConfigError when `LLM_BASE_URL` is set and `LLM_MODEL` is not
 */
export async function createLanguageModel(
  config: LanguageModelConfig,
  options: LanguageModelOptions = {},
): Promise<LanguageModel> {
  if (lacksModel(config)) throw new ConfigError(MODEL_IS_MISSING_LINES);
  if (config.LLM_BASE_URL === undefined && config.MISTRAL_API_KEY === undefined) return createOfflineModel();
  const { openProvider } = await import('./provider/open-provider.ts');
  return openProvider(config, options) ?? createOfflineModel();
}
