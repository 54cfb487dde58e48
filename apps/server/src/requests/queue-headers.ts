import { type Envelope, Reject } from '@parley/messaging';
import { appendHop, HEADERS, type Hop, parseHops } from '@parley/shared-models';

export function stringHeader(envelope: Envelope, name: string): string | undefined {
  const value = envelope.headers[name];
  return value === undefined ? undefined : String(value);
}

export function integerHeader(envelope: Envelope, name: string): number {
  const value = Number(envelope.headers[name] ?? 0);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new Reject('malformed_message', `the header "${name}" is not a whole number`);
  }
  return value;
}

/** The value of a header, by its codec; undefined where the header is missing. @throws Reject `malformed_message` */
export function decodedHeader<T>(
  envelope: Envelope,
  name: string,
  decode: (header: string) => T,
): T | undefined {
  const header = stringHeader(envelope, name);
  if (header === undefined) return undefined;
  try {
    return decode(header);
  } catch (cause) {
    throw new Reject('malformed_message', `the header "${name}" is malformed`, { cause });
  }
}

/** To which attempt of the request it belongs; undefined where it does not say so. */
export function attemptOf({ headers }: Envelope): number | undefined {
  const attempt = Number(headers[HEADERS.attempt]);
  return Number.isSafeInteger(attempt) && attempt >= 0 ? attempt : undefined;
}

/** Where it was, with this server. */
export const hopsOf = (envelope: Envelope): Hop[] =>
  parseHops(appendHop(stringHeader(envelope, HEADERS.hops), 'server'));

/** The agent that sent it; undefined for other senders. */
export function senderAgentOf(envelope: Envelope): string | undefined {
  return /^agent:(.+)$/.exec(stringHeader(envelope, HEADERS.sender) ?? '')?.[1];
}

/**
 * Whether it is a reply that follows from an event or a task, and not from handling the message itself: an order's
 * notification, a task's report. Its id follows from its cause, so it counts from any sender.
 */
export const isBesideAnswer = ({ type, headers }: Envelope): boolean =>
  type === 'chat.reply' && headers[HEADERS.causation] !== undefined;
