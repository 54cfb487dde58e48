import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { ParleyError } from '@parley/shared-models';
import { Agent, type Dispatcher, request } from 'undici';
import { decodeText } from '../decode-text.ts';
import { isAllowed } from './allow-list.ts';
import { isPublicAddress } from './public-address.ts';
import { readHtml } from './read-html.ts';

export interface FetchedPage {
  /** After redirects. */
  readonly url: string;
  readonly contentType: string;
  /** HTML as readable text, anything else as it came. */
  readonly text: string;
  /** Whether there was more than `maxCharacters`. */
  readonly isCut: boolean;
}

export interface PageFetcherOptions {
  /** Hosts that may be asked, as `AllowListSetting` gives them. Empty: none. */
  readonly allow: readonly string[];
  /** Whether an address that a host resolves to may be connected to. @default isPublicAddress */
  readonly isAllowedAddress?: (address: string) => boolean;
  /** For all of it, in milliseconds. @default 15000 */
  readonly timeoutMs?: number;
  /** For making text of HTML, in milliseconds, out of `timeoutMs`. @default 10000 */
  readonly readingMs?: number;
  /** Largest page, in bytes; a larger one is an error. @default 2 MiB */
  readonly maxBytes?: number;
  /** Longest text returned, in UTF-16 code units. @default 20000 */
  readonly maxCharacters?: number;
}

/** Gets one page by HTTP(S). @throws ParleyError as said at `createPageFetcher` */
export type FetchPage = (address: string, signal?: AbortSignal) => Promise<FetchedPage>;

const MAX_REDIRECTS = 3;
const TEXTUAL = /^(?:text\/|application\/(?:[a-z.+-]*\+)?(?:json|xml|csv|yaml)\b)/;

/**
 * A function that gets pages of allowed hosts only; each redirect must lead to an allowed one, too. The address that a
 * name resolves to is checked where the connection is made, so that a name cannot mean another one a moment later.
 *
 * It throws ParleyError `forbidden` for hosts and addresses that are not allowed, `invalid_request` for a page that is not
 * text or too large, `not_found` for a status from 400 to 499, `unavailable` when the host fails or takes too long.
 */
export function createPageFetcher(options: PageFetcherOptions): FetchPage {
  const { allow, isAllowedAddress = isPublicAddress, timeoutMs = 15_000 } = options;
  return async (address, signal) => {
    if (allow.length === 0) {
      throw new ParleyError('forbidden', 'Fetching is off: no host is allowed (RESEARCH_FETCH_ALLOW).');
    }
    const timeout = AbortSignal.timeout(timeoutMs);
    const stop = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
    // One for each page: no connection that was allowed for one is there for another.
    const agent = new Agent({ connect: { lookup: checkedLookup(isAllowedAddress), timeout: timeoutMs } });
    try {
      return await follow(address, { ...options, agent, stop, isAllowedAddress });
    } catch (error) {
      if (signal?.aborted === true)
        throw new ParleyError('cancelled', 'Fetching was stopped.', { cause: error });
      if (error instanceof ParleyError) throw error;
      if (causes(error).some((cause) => cause instanceof ParleyError)) {
        throw causes(error).find((cause) => cause instanceof ParleyError);
      }
      const why = timeout.aborted ? `no answer within ${timeoutMs / 1000} s` : (error as Error).message;
      throw new ParleyError('unavailable', `${hostOf(address)} cannot be read: ${why}.`, { cause: error });
    } finally {
      await agent.destroy();
    }
  };
}

interface Following extends PageFetcherOptions {
  readonly agent: Agent;
  readonly stop: AbortSignal;
  readonly isAllowedAddress: (address: string) => boolean;
}

async function follow(address: string, following: Following): Promise<FetchedPage> {
  const { allow, agent, stop, isAllowedAddress } = following;
  let url = parseUrl(address);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    if (!isAllowed(url, allow)) {
      throw new ParleyError(
        'forbidden',
        `${url.host} is not on the list of allowed hosts (RESEARCH_FETCH_ALLOW).`,
      );
    }
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    // An address is connected to without a lookup.
    if (isIP(literal) !== 0) mustBeAllowed(literal, isAllowedAddress);
    const response = await request(url, {
      dispatcher: agent,
      signal: stop,
      headers: { 'user-agent': 'Parley', accept: 'text/*, application/json;q=0.9' },
    });
    const { statusCode, headers } = response;
    const location = [headers.location].flat()[0];
    if (statusCode < 300 || statusCode > 399 || location === undefined)
      return readPage(url, response, following);
    await response.body.dump();
    url = parseUrl(location, url);
  }
  throw new ParleyError('invalid_request', `${hostOf(address)} redirects more than ${MAX_REDIRECTS} times.`);
}

async function readPage(
  url: URL,
  { statusCode, headers, body }: Dispatcher.ResponseData,
  { maxBytes = 2 * 1024 * 1024, maxCharacters = 20_000, readingMs = 10_000, stop }: Following,
): Promise<FetchedPage> {
  const contentType = [headers['content-type']].flat()[0] ?? '';
  if (statusCode >= 500) throw new ParleyError('unavailable', `${url.host} answered ${statusCode}.`);
  if (statusCode >= 400) throw new ParleyError('not_found', `${url.host} answered ${statusCode}.`);
  if (!TEXTUAL.test(contentType)) {
    throw new ParleyError('invalid_request', `${url.host} sent no text, but “${contentType}”.`);
  }
  // Only plain bytes were asked for, and a compressed page may unpack to gigabytes.
  const packing = [headers['content-encoding']].flat()[0] ?? 'identity';
  if (packing !== 'identity')
    throw new ParleyError('invalid_request', `${url.host} sent a packed page (${packing.slice(0, 40)}).`);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).length;
    if (size > maxBytes)
      throw new ParleyError('invalid_request', `${url.host} sent more than ${maxBytes} bytes.`);
    chunks.push(chunk as Buffer);
  }
  const charset = /charset="?([\w:-]{1,40})/i.exec(contentType)?.[1];
  const raw = decodeText(Buffer.concat(chunks), charset);
  const text = /^text\/html|xhtml/.test(contentType) ? await readHtml(raw, readingMs, stop) : raw;
  return {
    url: url.href,
    contentType,
    text: text.slice(0, maxCharacters),
    isCut: text.length > maxCharacters,
  };
}

function checkedLookup(isAllowedAddress: (address: string) => boolean): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    lookup(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '');
      try {
        for (const { address } of addresses) mustBeAllowed(address, isAllowedAddress);
      } catch (refused) {
        return callback(refused as Error, '');
      }
      const [first] = addresses;
      if (lookupOptions.all === true) return callback(null, addresses);
      return callback(null, first?.address ?? '', first?.family);
    });
  };
}

function mustBeAllowed(address: string, isAllowedAddress: (address: string) => boolean): void {
  if (isAllowedAddress(address)) return;
  throw new ParleyError('forbidden', `${address} is no public address; it is not connected to.`);
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url === null)
    throw new ParleyError('invalid_request', `“${text.slice(0, 200)}” is no address of a page.`);
  return url;
}

const hostOf = (address: string): string => URL.parse(address)?.host ?? 'The host';

function causes(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (let at = error; at instanceof Error && found.length < 5; at = at.cause) found.push(at);
  return found;
}
