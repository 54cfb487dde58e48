import { z } from 'zod';

/** Sent in an HTTP header, where anything else makes an error message that quotes the key. */
const ApiKey = z.string().regex(/^[\x21-\x7e]+$/, 'only printable ASCII characters, no spaces');

const BaseUrl = z
  .url({ protocol: /^https?$/, error: 'an http:// or https:// URL', abort: true })
  .refine((url) => isPlainUrl(url), 'without user, password, ? and #; the key belongs into LLM_API_KEY');

function isPlainUrl(text: string): boolean {
  const { username, password, search, hash } = new URL(text);
  return username === '' && password === '' && search === '' && hash === '';
}

/** Below the 300 s after which Node.js gives up a response that sends nothing. */
const Milliseconds = z.coerce.number().int().min(100).max(290_000);

/** `max_tokens=max_completion_tokens, temperature=`, by name in the protocol; nothing after the sign: left out. */
const Parameters = z
  .string()
  .regex(
    /^\s*[a-z_]+\s*=\s*[a-z_]*\s*(?:,\s*[a-z_]+\s*=\s*[a-z_]*\s*)*$/i,
    'pairs such as max_tokens=max_completion_tokens,temperature=',
  )
  .transform(
    (pairs) =>
      new Map(
        pairs.split(',').map((pair) => {
          const [name = '', instead = ''] = pair.split('=');
          return [name.trim(), instead.trim()] as const;
        }),
      ),
  );

const MODEL_IS_MISSING = 'the name of the model is needed with LLM_BASE_URL';

/**
 * Settings that choose the language model, to be spread into a process's own: `...LanguageModelSettings.shape`.
 * `LLM_BASE_URL` wins over `MISTRAL_API_KEY`; with neither, the offline rules answer.
 */
export const LanguageModelSettings = z.object({
  MISTRAL_API_KEY: ApiKey.optional().describe('switches on a language model of Mistral'),
  MISTRAL_MODEL: z.string().min(1).default('mistral-small-latest').describe('which of them'),
  LLM_BASE_URL: BaseUrl.optional().describe('an OpenAI-compatible endpoint, up to and with /v1'),
  LLM_API_KEY: ApiKey.optional().describe("the endpoint's key, where it wants one"),
  LLM_MODEL: z.string().min(1).optional().describe("the endpoint's model"),
  LLM_MAX_OUTPUT_TOKENS: z.coerce
    .number()
    .int()
    .min(16)
    .max(1_000_000)
    .optional()
    .describe('tokens of one answer, thoughts included; unset: as many as each agent asks for, 600 to 3000'),
  LLM_FIRST_TOKEN_TIMEOUT_MS: Milliseconds.optional().describe(
    'how long a model may take to begin its answer, in ms; any data meanwhile, such as a comment, restarts the time [60000]',
  ),
  LLM_IDLE_TIMEOUT_MS: Milliseconds.optional().describe(
    'how long a model may be silent in the middle of its answer, in ms [30000]',
  ),
  LLM_PARAMETERS: Parameters.optional().describe(
    'names under which the model takes parameters, such as "max_tokens=max_completion_tokens,temperature=,system=developer"; nothing after the sign: left out; unset: found out from its refusals',
  ),
});

/** The rule that `LLM_BASE_URL` needs `LLM_MODEL`, which a spread leaves behind: for `superRefine`. */
export function checkModel(config: ModelChoice, context: z.RefinementCtx): void {
  if (lacksModel(config))
    context.addIssue({ code: 'custom', path: ['LLM_MODEL'], message: MODEL_IS_MISSING });
}

/** The settings with that rule; `createLanguageModel` checks it once more. */
export const LanguageModelConfig = LanguageModelSettings.superRefine(checkModel, {
  // Also when another variable is bad: all that is wrong is listed at once.
  when: () => true,
});
export type LanguageModelConfig = z.infer<typeof LanguageModelConfig>;

interface ModelChoice {
  readonly LLM_BASE_URL?: string | undefined;
  readonly LLM_MODEL?: string | undefined;
}

export function lacksModel(config: ModelChoice): boolean {
  return config.LLM_BASE_URL !== undefined && config.LLM_MODEL === undefined;
}

/** What `loadConfig` would say, for a process that spread the settings into its own schema. */
export const MODEL_IS_MISSING_LINES = `These settings are wrong:\n  LLM_MODEL (not set): ${MODEL_IS_MISSING}`;
