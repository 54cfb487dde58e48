import { ConfigError } from '@parley/process-kit';
import type { LanguageModel } from './language-model.ts';
import { type LanguageModelConfig, lacksModel, MODEL_IS_MISSING_LINES } from './language-model-config.ts';
import { createOfflineModel } from './offline/offline-model.ts';
import type { AnswerLimits } from './provider/answer-deadline.ts';

export interface LanguageModelOptions {
  /** Time limits of an answer, in milliseconds. */
  readonly limits?: Partial<AnswerLimits>;
  /**
   * Further tries after a transient failure, 2 s apart, then 4 s, or as long as the provider asks for.
   * @default 2
   */
  readonly retries?: number;
  /** @default 'https://api.mistral.ai/v1' */
  readonly mistralBaseUrl?: string;
}

const DEFAULT_LIMITS: AnswerLimits = { firstPieceMs: 60_000, nextPieceMs: 30_000 };

/**
 * The language model that the settings choose; nothing is asked of a provider yet. What speaks with one is loaded only
 * where there is one: processes without a model start sooner.
 * @throws ConfigError when `LLM_BASE_URL` is set and `LLM_MODEL` is not
 */
export async function createLanguageModel(
  config: LanguageModelConfig,
  options: LanguageModelOptions = {},
): Promise<LanguageModel> {
  if (lacksModel(config)) throw new ConfigError(MODEL_IS_MISSING_LINES);
  const shared = { limits: { ...DEFAULT_LIMITS, ...options.limits }, retries: options.retries ?? 2 };
  const { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, MISTRAL_API_KEY, MISTRAL_MODEL } = config;
  if (LLM_BASE_URL !== undefined && LLM_MODEL !== undefined) {
    const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
    const { createProviderModel } = await import('./provider/provider-model.ts');
    const { host } = new URL(LLM_BASE_URL);
    const endpoint = createOpenAICompatible({
      name: 'llm',
      baseURL: LLM_BASE_URL,
      ...(LLM_API_KEY === undefined ? {} : { apiKey: LLM_API_KEY }),
    });
    return createProviderModel({
      ...shared,
      label: `${host} ${LLM_MODEL}`,
      model: endpoint(LLM_MODEL),
      // Many endpoints refuse a request with a schema; all of them can be told to answer in JSON.
      hasStructuredOutput: false,
      provider: {
        name: host,
        modelName: LLM_MODEL,
        keySetting: 'LLM_API_KEY',
        modelSetting: 'LLM_MODEL and LLM_BASE_URL',
        secrets: LLM_API_KEY === undefined ? [] : [LLM_API_KEY],
      },
    });
  }
  if (MISTRAL_API_KEY === undefined) return createOfflineModel();
  const { createMistral } = await import('@ai-sdk/mistral');
  const { createProviderModel } = await import('./provider/provider-model.ts');
  const mistral = createMistral({
    apiKey: MISTRAL_API_KEY,
    ...(options.mistralBaseUrl === undefined ? {} : { baseURL: options.mistralBaseUrl }),
  });
  return createProviderModel({
    ...shared,
    label: `Mistral ${MISTRAL_MODEL}`,
    model: mistral(MISTRAL_MODEL),
    hasStructuredOutput: true,
    provider: {
      name: 'Mistral',
      modelName: MISTRAL_MODEL,
      keySetting: 'MISTRAL_API_KEY',
      modelSetting: 'MISTRAL_MODEL',
      secrets: [MISTRAL_API_KEY],
    },
  });
}
