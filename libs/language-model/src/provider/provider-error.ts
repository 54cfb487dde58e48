import { ParleyError } from '@parley/shared-models';
import { APICallError, InvalidResponseDataError, JSONParseError, RetryError, TypeValidationError } from 'ai';
import { z } from 'zod';
import { parsedJson } from '../parsed-json.ts';
import { otherBaseUrl, withoutSecrets, withoutTexts, wordsOf } from './provider-words.ts';
import { textOf } from './refused-parameter.ts';

/** A provider as its errors name it. */
export interface Provider {
  /** The model and where it is: `llama3.2 at localhost:11434`, `mistral-small-latest of Mistral`. */
  readonly name: string;
  readonly modelName: string;
  /** The setting that holds its key. */
  readonly keySetting: string;
  /** The setting that names its model. */
  readonly modelSetting: string;
  /** Where a setting says where it is: the URL as it was given. */
  readonly baseUrl?: string;
  /** Texts that must stand in no error: its key. */
  readonly secrets: readonly string[];
}

/**
 * A failed call as an error that people may see: model, provider, status and the provider's own words in the message; the
 * errors below it in the `cause`, which is for the log. Neither request nor response bodies go along.
 */
export function toProviderError(error: unknown, provider: Provider): ParleyError {
  const { name } = provider;
  const own = ownErrorIn(error);
  if (own !== undefined) return own;
  const last = RetryError.isInstance(error) ? error.lastError : error;
  if (APICallError.isInstance(last)) {
    const { statusCode: status } = last;
    const texts = textsOf(last.requestBodyValues);
    const cause = withoutTexts(describe(last), texts);
    if (status === undefined) return providerError(provider, `${name} cannot be reached.`, { cause });
    if (status < 400) return brokenAnswer(provider, cause);
    const body = parsedJson(last.responseBody ?? '');
    const words = sayWords(wordsOf(body, provider.secrets, texts));
    return providerError(provider, `${explainStatus(status, provider, body)}${words}`, { status, cause });
  }
  if (InvalidResponseDataError.isInstance(last)) return brokenAnswer(provider, describe(last));
  // No cause: the message of a parse error quotes the response, and with it people's texts.
  if (JSONParseError.isInstance(last) || TypeValidationError.isInstance(last)) return noAnswer(provider);
  return providerError(provider, `${name} could not be asked.`, { cause: describe(last) });
}

/** The ParleyError that asking or reading failed with, wherever the AI SDK has put it. */
function ownErrorIn(error: unknown): ParleyError | undefined {
  let current = RetryError.isInstance(error) ? error.lastError : error;
  for (let depth = 0; depth < 6 && current instanceof Error; depth++) {
    if (current instanceof ParleyError) return current;
    current = current.cause;
  }
  return undefined;
}

/** The answer ended before its end. */
export function brokenAnswer(provider: Provider, cause = ''): ParleyError {
  return providerError(provider, `${provider.name} broke off in the middle of its answer.`, { cause });
}

/** An error that the provider reports inside its answer. */
export function streamError(provider: Provider, error: unknown): ParleyError {
  const words = sayWords(wordsOf(error, provider.secrets));
  return providerError(provider, `${provider.name} reported an error in the middle of its answer.${words}`);
}

/** An error instead of an answer, with a status that says that all is well; some servers send that to wrong addresses. */
export function errorAnswer(provider: Provider, body: unknown): ParleyError {
  const { name, baseUrl } = provider;
  const words = wordsOf(body, provider.secrets);
  if (baseUrl !== undefined && (otherBaseUrl(baseUrl) !== undefined || NAMES_ADDRESS.test(words ?? ''))) {
    return notAnEndpoint(provider, body);
  }
  const hint = baseUrl === undefined ? '' : ' If this is not an OpenAI endpoint, check LLM_BASE_URL.';
  return providerError(provider, `${name} sent an error instead of an answer.${sayWords(words)}${hint}`);
}

const NAMES_ADDRESS = /\b(?:endpoint|route|path|url|method not allowed|not found)\b/i;

export function noAnswer(provider: Provider): ParleyError {
  return providerError(provider, `${provider.name} sent something that is no answer.`);
}

export function tooLong(provider: Provider): ParleyError {
  return providerError(provider, `${provider.name} sent more than an answer can be.`);
}

/** Something else answers there: a web page, another API. `body`: its answer, where that was JSON. */
export function notAnEndpoint(provider: Provider, body?: unknown): ParleyError {
  if (provider.baseUrl === undefined) return noAnswer(provider);
  const words = sayWords(wordsOf(body, provider.secrets));
  return providerError(provider, `${sayNoEndpoint(provider)}${words}`);
}

/** The model takes no tools: it cannot answer a request that needs them. */
export function refusedTools(provider: Provider, words: string | undefined): ParleyError {
  return new ParleyError('agent_failed', `${provider.name} does not take tools.${sayWords(words)}`, {
    details: { provider: provider.name, refused: 'tools' },
  });
}

/** An error of this provider. `cause`: for the log; secrets are taken out. */
export function providerError(
  provider: Provider,
  message: string,
  { status, cause = '' }: { status?: number; cause?: string } = {},
): ParleyError {
  return new ParleyError('agent_failed', message, {
    details: { provider: provider.name, ...(status === undefined ? {} : { status }) },
    ...(cause === ''
      ? {}
      : { cause: new Error(withoutSecrets(cause, provider.secrets).slice(0, MAX_CAUSE_LENGTH)) }),
  });
}

const sayWords = (words: string | undefined): string => (words === undefined ? '' : ` It says: “${words}”`);

function explainStatus(status: number, provider: Provider, body: unknown): string {
  const { name, modelName, keySetting, modelSetting, baseUrl } = provider;
  switch (status) {
    case 401:
    case 403:
      return `${name} refused access (${status}): check ${keySetting}.`;
    case 402:
      return `${name} wants to be paid (402): the account has no credit left.`;
    case 404:
    case 405:
      if (baseUrl !== undefined && !isProtocolError(body)) return `${sayNoEndpoint(provider)} (${status})`;
      return `${name} does not know the model ${modelName} (${status}): check ${modelSetting}.`;
    case 413:
      return `${name} finds the message too long (413).`;
    case 429:
      return `${name} takes no more requests for now (429): try again in a minute.`;
    default:
      if (status >= 500) return `${name} has a fault (${status}): try again later.`;
      return `${name} did not accept the request (${status}).`;
  }
}

function sayNoEndpoint({ baseUrl = '' }: Provider): string {
  return `This is not an OpenAI endpoint: ${baseUrl}. Check LLM_BASE_URL${sayOtherUrl(baseUrl)}.`;
}

function sayOtherUrl(baseUrl: string): string {
  const other = otherBaseUrl(baseUrl);
  return other === undefined ? '' : `, and try ${other}`;
}

/** An error as the protocol has it, which says that an endpoint is there. */
const ProtocolError = z.union([
  z.object({ error: z.object({ message: z.string() }) }),
  z.object({ object: z.literal('error') }),
]);
const isProtocolError = (body: unknown): boolean => ProtocolError.safeParse(body).success;

const RequestWithMessages = z.object({ messages: z.array(z.object({ content: z.unknown() })) });

/** The people's texts, as they were sent. */
function textsOf(request: unknown): string[] {
  const known = RequestWithMessages.safeParse(request);
  return known.success ? known.data.messages.map(({ content }) => textOf(content)) : [];
}

const MAX_CAUSE_LENGTH = 300;

/** The messages of an error and its causes, the outermost first. */
export function describe(error: unknown): string {
  const messages: string[] = [];
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    const { code } = current as NodeJS.ErrnoException;
    messages.push(typeof code === 'string' ? `${current.message} (${code})` : current.message);
    if (messages.length === 4) break;
  }
  return messages.join(': ');
}
