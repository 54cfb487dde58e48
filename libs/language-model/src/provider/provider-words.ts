const MAX_WORDS = 300;
/** Where providers put their words: OpenAI, Mistral and vLLM, FastAPI, Ollama. */
const FIELDS = ['error', 'message', 'detail', 'msg', 'error_description'] as const;

/**
 * A provider's own words about a failed request, out of its JSON body: one line, at most 300 characters, without keys,
 * control characters and `texts`, which it may quote. Undefined: it says nothing, or sends a page.
 */
export function wordsOf(
  body: unknown,
  secrets: readonly string[],
  texts: readonly string[] = [],
): string | undefined {
  const found = searchWords(body, 0);
  if (found === undefined) return undefined;
  const words = clip(
    withoutSecrets(withoutTexts(found, texts), secrets).replace(UNSEEN, ' ').replace(/\s+/g, ' ').trim(),
  );
  return words === '' ? undefined : words;
}

/** Control characters, and those that change how a line is read: bidi marks and zero-width characters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const clip = (text: string): string =>
  (text.length <= MAX_WORDS ? text : `${text.slice(0, MAX_WORDS - 2)} …`).toWellFormed();

function searchWords(value: unknown, depth: number): string | undefined {
  if (depth > 4) return undefined;
  if (typeof value === 'string') return value.trim() === '' ? undefined : value;
  if (Array.isArray(value)) return searchWords(value[0], depth + 1);
  if (typeof value !== 'object' || value === null) return undefined;
  for (const field of FIELDS) {
    if (!Object.hasOwn(value, field)) continue;
    const words = searchWords((value as Record<string, unknown>)[field], depth + 1);
    if (words !== undefined) return words;
  }
  return undefined;
}

/** Secrets go before anything is cut, so that no half of a key is left at the end. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    for (const form of new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])) {
      clean = clean.replaceAll(form, '***');
    }
  }
  return clean.replace(/\b(bearer|basic)\s+\S+/gi, '$1 ***').replace(/\bsk-[\w-]{8,}/g, '***');
}

/** Keeps people's texts out of the logs where a provider quotes them. */
export function withoutTexts(text: string, texts: readonly string[]): string {
  let clean = text;
  for (const quoted of texts) {
    if (quoted.length < 4) continue;
    for (const form of new Set([quoted, JSON.stringify(quoted).slice(1, -1)]))
      clean = clean.replaceAll(form, '…');
  }
  return clean;
}

/** The usual address, where a base URL has no version in it. */
export function otherBaseUrl(baseUrl: string): string | undefined {
  return /\/v\d+\w*(?:\/|$)/.test(new URL(baseUrl).pathname)
    ? undefined
    : `${baseUrl.replace(/\/+$/, '')}/v1`;
}
