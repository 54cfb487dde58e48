import { createMistral } from '@ai-sdk/mistral';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelOptions } from '../create-language-model.ts';
import type { LanguageModel } from '../language-model.ts';
import type { LanguageModelConfig } from '../language-model-config.ts';
import { createProviderModel } from './provider-model.ts';

/** The provider's model that the settings choose; undefined where they name none. */
export function openProvider(
  config: LanguageModelConfig,
  options: LanguageModelOptions,
): LanguageModel | undefined {
  const { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, MISTRAL_API_KEY, MISTRAL_MODEL } = config;
  const { LLM_FIRST_TOKEN_TIMEOUT_MS = 60_000, LLM_IDLE_TIMEOUT_MS = 30_000 } = config;
  const shared = {
    limits: {
      firstPieceMs: options.limits?.firstPieceMs ?? LLM_FIRST_TOKEN_TIMEOUT_MS,
      nextPieceMs: options.limits?.nextPieceMs ?? LLM_IDLE_TIMEOUT_MS,
    },
    retries: options.retries ?? 2,
    maxOutputTokens: config.LLM_MAX_OUTPUT_TOKENS,
    names: config.LLM_PARAMETERS ?? new Map<string, string>(),
    logger: options.logger,
  };
  if (LLM_BASE_URL !== undefined && LLM_MODEL !== undefined) {
    const { host } = new URL(LLM_BASE_URL);
    return createProviderModel({
      ...shared,
      label: `${host} ${LLM_MODEL}`,
      connect: (fetch) =>
        createOpenAICompatible({
          name: 'llm',
          baseURL: LLM_BASE_URL,
          fetch,
          ...(LLM_API_KEY === undefined ? {} : { apiKey: LLM_API_KEY }),
        })(LLM_MODEL),
      // Many endpoints refuse a request with a schema; most of them can be told to answer in JSON.
      hasStructuredOutput: false,
      provider: {
        name: `${LLM_MODEL} at ${host}`,
        modelName: LLM_MODEL,
        keySetting: 'LLM_API_KEY',
        modelSetting: 'LLM_MODEL and LLM_BASE_URL',
        baseUrl: LLM_BASE_URL,
        secrets: LLM_API_KEY === undefined ? [] : [LLM_API_KEY],
      },
    });
  }
  if (MISTRAL_API_KEY === undefined) return undefined;
  return createProviderModel({
    ...shared,
    label: `Mistral ${MISTRAL_MODEL}`,
    connect: (fetch) =>
      createMistral({
        apiKey: MISTRAL_API_KEY,
        fetch,
        ...(options.mistralBaseUrl === undefined ? {} : { baseURL: options.mistralBaseUrl }),
      })(MISTRAL_MODEL),
    hasStructuredOutput: true,
    provider: {
      name: `${MISTRAL_MODEL} of Mistral`,
      modelName: MISTRAL_MODEL,
      keySetting: 'MISTRAL_API_KEY',
      modelSetting: 'MISTRAL_MODEL',
      secrets: [MISTRAL_API_KEY],
    },
  });
}
