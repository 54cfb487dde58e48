import { ParleyError } from '@parley/shared-models';
import {
  APICallError,
  InvalidResponseDataError,
  JSONParseError,
  RetryError,
  StreamProviderError,
  TypeValidationError,
} from 'ai';

/** A provider as its errors name it. */
export interface Provider {
  /** `Mistral`, or the endpoint's host. */
  readonly name: string;
  readonly modelName: string;
  /** The setting that holds its key. */
  readonly keySetting: string;
  /** The setting that names its model. */
  readonly modelSetting: string;
  /** What must stand in no error: its key. */
  readonly secrets: readonly string[];
}

/**
 * What may be told about a failed call: provider and status in the message, which people see; the provider's own
 * words, without keys, in the `cause`, which is for the log. Neither request nor response bodies go along.
 */
export function toProviderError(error: unknown, provider: Provider): ParleyError {
  const { name } = provider;
  const last = RetryError.isInstance(error) ? error.lastError : error;
  if (APICallError.isInstance(last)) {
    const { statusCode: status } = last;
    if (status === undefined) return providerError(provider, `${name} cannot be reached.`, { cause: last });
    if (status < 400) return brokenAnswer(provider, last);
    return providerError(provider, explainStatus(status, provider), { status, cause: last });
  }
  if (StreamProviderError.isInstance(last)) {
    return providerError(provider, `${name} reported an error in the middle of its answer.`, { cause: last });
  }
  if (InvalidResponseDataError.isInstance(last)) return brokenAnswer(provider, last);
  if (JSONParseError.isInstance(last) || TypeValidationError.isInstance(last)) {
    // No cause: the message of a parse error quotes what was sent, and with it what people wrote.
    return providerError(provider, `${name} sent something that is no answer.`);
  }
  return providerError(provider, `${name} could not be asked.`, { cause: last });
}

/** The answer ended before its end. */
export function brokenAnswer(provider: Provider, cause?: unknown): ParleyError {
  return providerError(provider, `${provider.name} broke off in the middle of its answer.`, { cause });
}

/** An error of this provider. `cause` is reduced to a message without secrets. */
export function providerError(
  provider: Provider,
  message: string,
  { status, cause }: { status?: number; cause?: unknown } = {},
): ParleyError {
  return new ParleyError('agent_failed', message, {
    details: { provider: provider.name, ...(status === undefined ? {} : { status }) },
    ...(cause instanceof Error ? { cause: new Error(withoutSecrets(describe(cause), provider)) } : {}),
  });
}

function explainStatus(status: number, { name, modelName, keySetting, modelSetting }: Provider): string {
  switch (status) {
    case 401:
    case 403:
      return `${name} refused access (${status}): check ${keySetting}.`;
    case 402:
      return `${name} wants to be paid (402): the account has no credit left.`;
    case 404:
      return `${name} does not know the model ${modelName} (404): check ${modelSetting}.`;
    case 413:
      return `${name} finds the message too long (413).`;
    case 429:
      return `${name} takes no more requests for now (429): try again in a minute.`;
    default:
      if (status >= 500) return `${name} has a fault (${status}): try again later.`;
      return `${name} did not accept the request (${status}).`;
  }
}

const MAX_CAUSE_LENGTH = 300;

/** The messages of an error and its causes, the outermost first. */
function describe(error: Error): string {
  const messages: string[] = [];
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    const { code } = current as NodeJS.ErrnoException;
    messages.push(typeof code === 'string' ? `${current.message} (${code})` : current.message);
    if (messages.length === 4) break;
  }
  return messages.join(': ');
}

/** Cut after the secrets are gone, so that no half of a key is left at the end. */
function withoutSecrets(text: string, { secrets }: Provider): string {
  let clean = text;
  for (const secret of secrets) {
    for (const form of [secret, encodeURIComponent(secret)]) clean = clean.replaceAll(form, '***');
  }
  return clean.replace(/\b(bearer|basic)\s+\S+/gi, '$1 ***').slice(0, MAX_CAUSE_LENGTH);
}
