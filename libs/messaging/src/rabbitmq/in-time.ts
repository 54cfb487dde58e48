import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when the work has ended, or after `timeoutMs`: a peer that is away, or reads nothing, never answers. */
export async function inTime(work: Promise<void>, timeoutMs: number): Promise<void> {
  const timeout = new AbortController();
  const tooLate = sleep(timeoutMs, undefined, { signal: timeout.signal }).catch(() => undefined);
  try {
    await Promise.race([work, tooLate]);
  } finally {
    timeout.abort();
  }
}
