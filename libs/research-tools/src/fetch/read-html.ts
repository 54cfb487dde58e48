import { Worker } from 'node:worker_threads';
import { ParleyError } from '@parley/shared-models';

/** Memory limits of the thread, in MiB. */
const LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };

/**
 * HTML as readable text, read in a thread of its own: a page that was made to be slow costs nobody else anything.
 * @param timeoutMs for the thread, its start included
 * @throws ParleyError `invalid_request` when that takes too long or too much memory; the abort reason of `signal`
 */
export async function readHtml(html: string, timeoutMs: number, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const worker = new Worker(new URL('./html-worker.ts', import.meta.url), {
    workerData: html,
    resourceLimits: LIMITS,
    env: {},
    execArgv: ['--no-warnings'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const unreadable = (why: string, cause?: unknown): void =>
    reject(new ParleyError('invalid_request', `The page cannot be read: ${why}.`, { cause }));
  const timer = setTimeout(() => unreadable(`it takes longer than ${timeoutMs / 1000} s`), timeoutMs);
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  worker.once('message', (text: string) => resolve(text));
  worker.once('error', (error: Error) => unreadable(error.message, error));
  worker.once('exit', () => unreadable('its reading ended early'));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}
