import { setTimeout as delay } from 'node:timers/promises';

/** How long an agent may take to end after its signal was aborted, e.g. to save what it has of a stream. */
const ABORT_GRACE_MS = 1000;

/** The work's result; after an abort the work gets a moment to end by itself, then it is left behind. */
export async function settleWithin<T>(
  work: Promise<T>,
  aborted: Promise<never>,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await Promise.race([work, aborted]);
  } catch (error) {
    if (!signal.aborted) throw error;
    const grace = new AbortController();
    try {
      return await Promise.race([
        work,
        delay(ABORT_GRACE_MS, undefined, { signal: grace.signal }).then(() => {
          throw error;
        }),
      ]);
    } finally {
      grace.abort();
    }
  }
}
