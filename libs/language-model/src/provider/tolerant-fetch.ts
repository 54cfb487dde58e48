import { parsedJson } from '../parsed-json.ts';
import { type AnswerListener, answerEvents } from './answer-events.ts';
import { notAnEndpoint, type Provider, refusedTools } from './provider-error.ts';
import { withoutTexts, wordsOf } from './provider-words.ts';
import { type RequestBody, refusedParameter, textOf, withNames } from './refused-parameter.ts';

/** Facts learnt about a model in this process; the settings come first. */
export interface ModelManners {
  /** As `ParameterNames`. */
  readonly names: Map<string, string>;
  /** Its answers begin in a thought that its template has opened. */
  opensInThought: boolean;
}

export interface TolerantFetchOptions {
  readonly provider: Provider;
  readonly manners: ModelManners;
  /** Sent along with each request. */
  readonly more: Readonly<Record<string, unknown>>;
  readonly listener: Omit<AnswerListener, 'onOpensInThought'>;
  /** A parameter was refused, and the request accepted without it or under another name. */
  onLearnt(parameter: string, instead: string): void;
}

/** Refusals that are answered by asking again, for one request. */
const MAX_REFUSALS = 8;
/** Statuses with which parameters are refused; llama.cpp does so with 500. */
const REFUSALS = new Set([400, 404, 422, 500, 501]);
/** In UTF-16 code units; some servers send the request back in it. */
const MAX_REFUSAL_LENGTH = 100_000;

/**
 * A `fetch` for one answer over the AI SDK: asks again without a parameter that the model refuses, or under the name that
 * it takes, and normalizes its answer.
 */
export function createTolerantFetch(options: TolerantFetchOptions): typeof fetch {
  const { provider, manners, more, listener } = options;

  return async (address, init) => {
    const asked = JSON.parse(String(init?.body)) as RequestBody;
    const tried = new Map(manners.names);
    for (let refusals = 0; ; refusals++) {
      const body = withNames({ ...asked, ...more }, tried);
      const response = await fetch(address, { ...init, body: JSON.stringify(body) });
      if (response.ok) {
        for (const [parameter, instead] of tried) {
          if (manners.names.get(parameter) === instead) continue;
          manners.names.set(parameter, instead);
          options.onLearnt(parameter, instead);
        }
        return evenedOut(response);
      }
      const { text, response: repeated } = await withBoundedBody(response);
      if (!REFUSALS.has(response.status)) return repeated;
      const texts = asked.messages.map(({ content }) => textOf(content));
      const refusal = parsedJson(text) ?? text;
      // As JSON without escapes. A message of one word may be the name of the parameter that is refused.
      const words = withoutTexts(
        typeof refusal === 'string' ? refusal : JSON.stringify(refusal),
        texts.filter((each) => /\s/.test(each.trim())),
      );
      // A page says nothing about parameters, but may quote them.
      const refused = /^\s*</.test(words) ? undefined : refusedParameter(words, body);
      if (refused === undefined || refusals === MAX_REFUSALS) return repeated;
      if (response.status === 404 && refused.parameter !== 'tools') return repeated;
      if (refused.parameter === 'tools')
        throw refusedTools(provider, wordsOf(refusal, provider.secrets, texts));
      tried.set(refused.parameter, refused.instead);
    }
  };

  function evenedOut(response: Response): Response {
    if (response.body === null) throw notAnEndpoint(provider);
    const events = answerEvents(response.body, {
      ...listener,
      provider,
      opensInThought: manners.opensInThought,
      onOpensInThought: () => {
        manners.opensInThought = true;
      },
    });
    return new Response(events, {
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
    });
  }
}

/** The beginning of a response that is not well; the rest is not wanted, however much it is. */
async function withBoundedBody(response: Response): Promise<{ text: string; response: Response }> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MAX_REFUSAL_LENGTH) break;
  }
  const { status, statusText, headers } = response;
  return { text, response: new Response(text, { status, statusText, headers }) };
}
