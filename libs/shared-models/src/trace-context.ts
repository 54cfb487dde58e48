import { HEADERS } from './queue-messages.ts';

/**
 * W3C trace context (version 00, sampled) of all that follows from this message or event. The trace id is its id without
 * dashes: whoever publishes it again, after a crash or for another attempt, gives it the same one, and a trace is found by
 * the message's id.
 */
export function traceparentOf(id: string): string {
  const traceId = id.replaceAll('-', '');
  return `00-${traceId}-${traceId.slice(16)}-01`;
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** The trace id in the headers of a queue message, for log lines about it; undefined: it has none. */
export function traceIdOf(headers: Readonly<Record<string, string | number>>): string | undefined {
  return TRACEPARENT.exec(String(headers[HEADERS.traceparent] ?? ''))?.[1];
}
