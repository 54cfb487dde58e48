export interface BackoffOptions {
  /** Upper bound of the first delay, in milliseconds. @default 100 */
  readonly baseMs?: number;
  /** Upper bound of every delay, in milliseconds. @default 5000 */
  readonly maxMs?: number;
}

export const BACKOFF_MAX_MS = 5_000;

/**
 * How long to wait before the next attempt, in milliseconds: exponential back-off with full jitter, that is anything
 * from 0 to the bound, so that a thousand agents do not all come back to a restarted server at once.
 * @param attempt failed attempts before, from 0
 * @param random from 0 to below 1. @default Math.random
 */
export function backoffDelay(
  attempt: number,
  { baseMs = 100, maxMs = BACKOFF_MAX_MS }: BackoffOptions = {},
  random: () => number = Math.random,
): number {
  return random() * Math.min(maxMs, baseMs * 2 ** attempt);
}
