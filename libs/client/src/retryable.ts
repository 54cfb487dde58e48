import type { ErrorCode, ErrorReport } from '@parley/shared-models';

/**
 * Codes of refusals that are temporary: the server will take the same frame later. Narrower than `canRetry` of the error:
 * after `internal` or `agent_failed` a person decides, not the client.
 */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'rate_limited',
  'quota_exceeded',
  'unavailable',
  'bus_unavailable',
  'store_unavailable',
]);

export const isRetryable = (code: ErrorCode): boolean => RETRYABLE.has(code);

/** The maximum wait that a server may ask for. */
const LONGEST_WAIT_MS = 60_000;

/** The wait that the server asks for, in milliseconds; undefined when it does not say. */
export function retryAfter({ details }: ErrorReport): number | undefined {
  const wait = details?.retryAfterMs;
  return typeof wait === 'number' && wait >= 0 ? Math.min(wait, LONGEST_WAIT_MS) : undefined;
}
