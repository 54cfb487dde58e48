import { createMistral } from '@ai-sdk/mistral';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelOptions } from '../create-language-model.ts';
import type { LanguageModel } from '../language-model.ts';
import type { LanguageModelConfig } from '../language-model-config.ts';
import type { AnswerLimits } from './answer-deadline.ts';
import { createProviderModel } from './provider-model.ts';

const DEFAULT_LIMITS: AnswerLimits = { firstPieceMs: 60_000, nextPieceMs: 30_000 };

/** The provider's model that the settings choose; undefined where they name none. */
export function openProvider(
  config: LanguageModelConfig,
  options: LanguageModelOptions,
): LanguageModel | undefined {
  const shared = { limits: { ...DEFAULT_LIMITS, ...options.limits }, retries: options.retries ?? 2 };
  const { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, MISTRAL_API_KEY, MISTRAL_MODEL } = config;
  if (LLM_BASE_URL !== undefined && LLM_MODEL !== undefined) {
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
  if (MISTRAL_API_KEY === undefined) return undefined;
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
