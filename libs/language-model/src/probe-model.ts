import { types } from 'node:util';
import { z } from 'zod';
import type { LanguageModelConfig } from './language-model-config.ts';
import { parsedJson } from './parsed-json.ts';
import { otherBaseUrl, withoutSecrets, wordsOf } from './provider/provider-words.ts';

/** Whether the language model of the settings can be had. */
export interface ModelProbe {
  readonly isOk: boolean;
  readonly found: string;
  /** The remedy, where it is not ok. */
  readonly advice?: string;
}

export interface ModelProbeOptions {
  /** Of each request, in milliseconds. @default 5000 */
  readonly timeoutMs?: number;
  /** @default 'https://api.mistral.ai/v1' */
  readonly mistralBaseUrl?: string;
}

interface Endpoint {
  readonly baseUrl: string;
  readonly key: string | undefined;
  readonly model: string;
  readonly keySetting: string;
  readonly modelSetting: string;
  readonly timeoutMs: number;
}

const MAX_NAMED = 10;
/** The list of a large provider has some hundred models. */
const MAX_LIST = 4 * 1024 * 1024;

const ModelList = z.object({ data: z.array(z.object({ id: z.string() })) });

/**
 * Asks the endpoint for its list of models, which costs nothing: whether it can be reached, takes the key and has the
 * model. Undefined: the settings name no model. Never rejects, and never says the key.
 */
export async function probeModel(
  config: LanguageModelConfig,
  { timeoutMs = 5000, mistralBaseUrl = 'https://api.mistral.ai/v1' }: ModelProbeOptions = {},
): Promise<ModelProbe | undefined> {
  const { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, MISTRAL_API_KEY, MISTRAL_MODEL } = config;
  if (LLM_BASE_URL !== undefined && LLM_MODEL !== undefined) {
    const settings = { keySetting: 'LLM_API_KEY', modelSetting: 'LLM_MODEL', timeoutMs };
    return probe({ ...settings, baseUrl: LLM_BASE_URL, key: LLM_API_KEY, model: LLM_MODEL });
  }
  if (MISTRAL_API_KEY === undefined) return undefined;
  const settings = { keySetting: 'MISTRAL_API_KEY', modelSetting: 'MISTRAL_MODEL', timeoutMs };
  return probe({ ...settings, baseUrl: mistralBaseUrl, key: MISTRAL_API_KEY, model: MISTRAL_MODEL });
}

async function probe(endpoint: Endpoint): Promise<ModelProbe> {
  const { baseUrl, model, keySetting, modelSetting } = endpoint;
  const where = `${model} at ${baseUrl}`;
  const answer = await listModels(endpoint, baseUrl);
  switch (answer.kind) {
    case 'unreachable':
      return { isOk: false, found: `${where}: ${answer.why}`, advice: 'Start it, or mend LLM_BASE_URL.' };
    case 'elsewhere':
      return {
        isOk: false,
        found: `${where}: it sends one on to ${answer.to}`,
        advice: 'Set LLM_BASE_URL to the address that it sends one on to, without /models.',
      };
    case 'refused': {
      const advice = `Check ${keySetting}.`;
      return { isOk: false, found: `${where}: the key is refused (${answer.status})${answer.words}`, advice };
    }
    case 'failed':
      return {
        isOk: false,
        found: `${where}: it has a fault (${answer.status})${answer.words}`,
        advice: 'Look into its log, or try again later.',
      };
    case 'other':
      if (await answersChats(endpoint))
        return { isOk: true, found: `${where} answers; it has no list of models to look the name up in` };
      return {
        isOk: false,
        found: `${where}: this is not an OpenAI endpoint${answer.words}`,
        advice: await adviseUrl(endpoint),
      };
    case 'models': {
      const { ids } = answer;
      // Ollama has `llama3.2:latest`, Gemini `models/gemini-…`.
      const isThere = ids.some((id) => id === model || id === `${model}:latest` || id === `models/${model}`);
      if (isThere) return { isOk: true, found: `${where} is there` };
      const named = ids.slice(0, MAX_NAMED).join(', ');
      const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : '';
      return {
        isOk: false,
        found: `${baseUrl} has no model ${model}`,
        advice: `Set ${modelSetting} to one that it has: ${named === '' ? 'it lists none' : `${named}${more}`}.`,
      };
    }
  }
}

async function adviseUrl(endpoint: Endpoint): Promise<string> {
  const other = otherBaseUrl(endpoint.baseUrl);
  if (other === undefined) return 'Check LLM_BASE_URL: it ends where the API begins, mostly with /v1.';
  const { kind } = await listModels(endpoint, other);
  return kind === 'models' || kind === 'refused'
    ? `Set LLM_BASE_URL to ${other}.`
    : `Check LLM_BASE_URL, and try ${other}.`;
}

/** Not every endpoint lists its models. An empty request, which costs nothing, is refused by one that takes chats. */
async function answersChats({ baseUrl, key, timeoutMs }: Endpoint): Promise<boolean> {
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, '')}/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      body: '{}',
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const body = await readJson(response);
    return (response.status === 400 || response.status === 422) && body !== undefined;
  } catch {
    // The request for the list of models got another answer already, and the caller reports that.
    return false;
  }
}

type Listing =
  | { readonly kind: 'unreachable'; readonly why: string }
  | { readonly kind: 'elsewhere'; readonly to: string }
  | { readonly kind: 'refused' | 'failed'; readonly status: number; readonly words: string }
  | { readonly kind: 'other'; readonly words: string }
  | { readonly kind: 'models'; readonly ids: readonly string[] };

async function listModels({ key, timeoutMs }: Endpoint, baseUrl: string): Promise<Listing> {
  const secrets = key === undefined ? [] : [key];
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, '')}/models`, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      redirect: 'manual',
      signal,
    });
    const { status } = response;
    if (status >= 300 && status < 400) {
      await response.body?.cancel();
      return {
        kind: 'elsewhere',
        to: withoutSecrets(addressOf(response.headers.get('location'), baseUrl), secrets),
      };
    }
    const body = await readJson(response);
    const words = sayWords(wordsOf(body, secrets));
    if (status === 401 || status === 403) return { kind: 'refused', status, words };
    if (status === 429 || (status >= 500 && status !== 501)) return { kind: 'failed', status, words };
    const list = ModelList.safeParse(body);
    if (response.ok && list.success)
      return { kind: 'models', ids: list.data.data.map(({ id }) => id.slice(0, 200)) };
    return { kind: 'other', words: response.ok ? words : ` (${status})${words}` };
  } catch (error) {
    const why = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : sayFailure(error);
    return { kind: 'unreachable', why: withoutSecrets(why, secrets) };
  }
}

const sayWords = (words: string | undefined): string => (words === undefined ? '' : `. It says: “${words}”`);

/** Undefined: a page, or more than a list can be. */
async function readJson(response: Response): Promise<unknown> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MAX_LIST) return undefined;
  }
  return parsedJson(text);
}

/** Query and user of an address may hold secrets. */
function addressOf(location: string | null, base: string): string {
  const url = URL.parse(location ?? '', base);
  return url === null ? 'an address that is not valid' : `${url.origin}${url.pathname}`;
}

function sayFailure(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  const { cause } = error;
  return types.isNativeError(cause) ? cause.message || cause.name : error.message;
}
