import { ErrorReport, ParleyError } from '@parley/shared-models';

/** The part of `fetch` that is needed. */
export type FetchLike = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly signal: AbortSignal;
  },
) => Promise<{ readonly ok: boolean; readonly status: number; text(): Promise<string> }>;

export interface HttpOptions {
  /** Where the server is: `http://host:port`, or empty for the page's own server. @default '' */
  readonly url?: string;
  /** Sent as a bearer token. A function is asked for every request. */
  readonly token?: string | (() => string | undefined);
  /** @default globalThis.fetch */
  readonly fetch?: FetchLike;
  /** A request that takes longer fails with `unavailable`. @default 15000 */
  readonly timeoutMs?: number;
}

export interface HttpRequest<T> {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Undefined values are left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** @throws when the answer is not what it should be */
  readonly parse: (answer: unknown) => T;
  /** Other statuses than 2xx whose body is an answer and no error. */
  readonly alsoAnswers?: readonly number[];
}

/** @throws ParleyError as every function of `createHttpApi` */
export async function request<T>(options: HttpOptions, wanted: HttpRequest<T>): Promise<T> {
  const { ok, status, body } = await exchange(options, wanted);
  if (!ok && wanted.alsoAnswers?.includes(status) !== true) throw errorOf(status, body);
  try {
    return wanted.parse(body);
  } catch (cause) {
    if (!ok) throw errorOf(status, body);
    throw new ParleyError('internal', `${wanted.path}: the answer is not what it should be`, { cause });
  }
}

async function exchange(options: HttpOptions, { method = 'GET', path, ...wanted }: HttpRequest<unknown>) {
  const { url = '', fetch = globalThis.fetch as FetchLike, timeoutMs = 15_000 } = options;
  const token = typeof options.token === 'function' ? options.token() : options.token;
  const { signal } = wanted;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url.replace(/\/+$/, '') + path + queryOf(wanted.query), {
      method,
      headers: {
        accept: 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(wanted.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(wanted.body === undefined ? {} : { body: JSON.stringify(wanted.body) }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    return { ok: response.ok, status: response.status, body: parseJson(await response.text()) };
  } catch (cause) {
    // Whoever aborted knows why.
    if (signal?.aborted === true) throw cause;
    const why = timeout.aborted ? `did not answer within ${timeoutMs} ms` : 'cannot be reached';
    throw new ParleyError('unavailable', `The server ${why}.`, { cause });
  }
}

/** The value, or undefined when the text is not JSON: a proxy answers with pages. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function queryOf(query: HttpRequest<unknown>['query'] = {}): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

function errorOf(status: number, body: unknown): ParleyError {
  const report = ErrorReport.safeParse(body);
  if (!report.success) {
    const code = status === 401 ? 'unauthenticated' : status >= 500 ? 'unavailable' : 'internal';
    return new ParleyError(code, `The server answered with HTTP status ${status}.`);
  }
  const { code, message, details } = report.data;
  return new ParleyError(code, message, details === undefined ? {} : { details });
}
