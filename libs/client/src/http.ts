import {
  ErrorReport,
  type JsonRoute,
  type ParametersOf,
  ParleyError,
  ROUTES,
  type Route,
  type RouteAnswer,
  type RouteInput,
  type Routes,
} from '@parley/shared-models';

/** The used part of `fetch`. */
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
  /** The server: `http://host:port`, or empty for the page's own server. @default '' */
  readonly url?: string;
  /** Sent as a bearer token. A function is called for every request. */
  readonly token?: string | (() => string | undefined);
  /** @default globalThis.fetch */
  readonly fetch?: FetchLike;
  /** A request that takes longer fails with `unavailable`. @default 15000 */
  readonly timeoutMs?: number;
}

interface Abortable {
  /** Its abort rejects the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

type Values<Names extends readonly string[]> = { [Index in keyof Names]: string };

/** The arguments of a function: the parameters of the path in order, then the query or body. */
type Arguments<R extends Route> = [
  ...Values<ParametersOf<R['path']>>,
  ...(object extends RouteInput<R>
    ? [input?: RouteInput<R> & Abortable]
    : [input: RouteInput<R> & Abortable]),
];

/**
 * The server's HTTP interface: a function for each of `ROUTES` that answers JSON.
 * All @throws ParleyError with the server's code; `unavailable` when the server cannot be reached or takes too long;
 * `internal` when its answer does not match the route's schema.
 */
export type HttpApi = {
  readonly [Name in JsonRoute]: (...given: Arguments<Routes[Name]>) => Promise<RouteAnswer<Routes[Name]>>;
};

export function createHttpApi(options: HttpOptions = {}): HttpApi {
  const functions = Object.entries<Route>(ROUTES).map(([name, route]) => [name, callerOf(options, route)]);
  // The route determines the arguments and the answer of its function.
  return Object.fromEntries(functions) as HttpApi;
}

function callerOf(options: HttpOptions, route: Route): (...given: unknown[]) => Promise<unknown> {
  return async (...given) => {
    const path = route.path.replace(/:\w+/g, () => encodeURIComponent(String(given.shift())));
    const { signal, ...input } = (given[0] ?? {}) as Abortable & Record<string, unknown>;
    const { ok, status, body } = await exchange(options, route, { path, input, signal });
    if (!ok && route.otherStatus !== status) throw errorOf(status, body);
    const answer = route.answer?.safeParse(body);
    if (answer?.success === true) return answer.data;
    if (!ok) throw errorOf(status, body);
    const message = `${path}: the answer is not what it should be`;
    throw new ParleyError('internal', message, { cause: answer?.error });
  };
}

interface Asked extends Abortable {
  readonly path: string;
  readonly input: Readonly<Record<string, unknown>>;
}

async function exchange(
  options: HttpOptions,
  { method, input: takes }: Route,
  { path, input, signal }: Asked,
) {
  const { url = '', fetch = globalThis.fetch as FetchLike, timeoutMs = 15_000 } = options;
  const token = typeof options.token === 'function' ? options.token() : options.token;
  const timeout = AbortSignal.timeout(timeoutMs);
  const isInQuery = method === 'GET' || method === 'DELETE';
  const hasBody = takes !== undefined && !isInQuery;
  try {
    const response = await fetch(url.replace(/\/+$/, '') + path + (isInQuery ? queryOf(input) : ''), {
      method,
      headers: {
        accept: 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(hasBody ? { 'content-type': 'application/json' } : {}),
      },
      ...(hasBody ? { body: JSON.stringify(input) } : {}),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    return { ok: response.ok, status: response.status, body: parseJson(await response.text()) };
  } catch (cause) {
    // The caller that aborted gets its own reason.
    if (signal?.aborted === true) throw cause;
    const why = timeout.aborted ? `did not answer within ${timeoutMs} ms` : 'cannot be reached';
    throw new ParleyError('unavailable', `The server ${why}.`, { cause });
  }
}

/** The value, or undefined when the text is not JSON: a proxy may answer with an HTML page. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Undefined values are left out. */
function queryOf(query: Asked['input']): string {
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
