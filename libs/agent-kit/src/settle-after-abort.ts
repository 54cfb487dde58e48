import { setTimeout as delay } from 'node:timers/promises';

/**
 * The work's result; after an abort the work gets a moment to end by itself, e.g. to save the stream's text so far, then
 * it is left behind.
 * @param graceMs that moment, in milliseconds. @default 1000
 */
export async function settleAfterAbort<T>(
  work: Promise<T>,
  aborted: Promise<never>,
  signal: AbortSignal,
  graceMs = 1000,
): Promise<T> {
  try {
    return await Promise.race([work, aborted]);
  } catch (error) {
    if (!signal.aborted) throw error;
    const grace = new AbortController();
    try {
      return await Promise.race([
        work,
        delay(graceMs, undefined, { signal: grace.signal }).then(() => {
          throw error;
        }),
      ]);
    } finally {
      grace.abort();
    }
  }
}
