import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';

/** A message of the thread: each file as it is found, and how the loading ended. */
const Word = z.union([z.object({ file: z.string() }), z.object({ error: z.string().optional() })]);
export type TrialWord = z.infer<typeof Word>;

/** The result of loading a file in a thread of its own. */
export interface Trial {
  /** Undefined: it can be loaded. */
  readonly error: string | undefined;
  /** The file's own imports, as far as they were found. */
  readonly files: readonly string[];
}

/** Time that the top level of a file has to end, in milliseconds. */
export const LOAD_MS = 15_000;

/**
 * Loads a user's file in a thread that is ended afterwards: this process survives an endless loop, an `await` that never
 * ends or a `process.exit` at the file's top level.
 * @param signal ends the trial: there is something newer to load
 * @throws the signal's reason
 */
export async function tryInThread(file: string, signal: AbortSignal): Promise<Trial> {
  signal.throwIfAborted();
  const files: string[] = [];
  const ended = Promise.withResolvers<string | undefined>();
  // The file prints again when it is loaded in this process.
  const output = { stdout: true, stderr: true };
  const thread = new Worker(path.join(import.meta.dirname, 'trial-main.ts'), { workerData: file, ...output });
  thread.stdout.resume();
  thread.stderr.resume();
  thread.on('message', (given: unknown) => {
    const word = Word.parse(given);
    if ('file' in word) files.push(word.file);
    else ended.resolve(word.error);
  });
  thread.once('error', (error) => ended.resolve(`${file}: ${error.message}`));
  thread.once('exit', (code) => ended.resolve(`${file}: ${describeExit(code)}`));
  const seconds = LOAD_MS / 1000;
  const tooLong = `${file}: it has not loaded within ${seconds} s: something at its top level, a loop or an \`await\`, does not end.`;
  const timer = setTimeout(() => ended.resolve(tooLong), LOAD_MS);
  const onAbort = (): void => ended.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return { error: await ended.promise, files };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    await thread.terminate();
  }
}

/** 13 is Node's own word for an `await` at the top level after which nothing more can happen. */
function describeExit(code: number): string {
  return code === 13
    ? 'an `await` at its top level waits for something that never comes.'
    : `it has ended its process while it was loaded (exit code ${code}).`;
}
