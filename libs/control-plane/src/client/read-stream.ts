import type { ServiceError } from '@grpc/grpc-js';
import { ParleyError } from '@parley/shared-models';
import type { z } from 'zod';
import { errorOf } from '../wire/error-status.ts';
import { parseAnswer } from '../wire/parse.ts';
import type { AnswerStream } from './grpc-connection.ts';

export interface ReadOptions<T> {
  readonly schema: z.ZodType<T>;
  /** The server must have accepted the stream within this time, in milliseconds. */
  readonly openMs: number;
  /** Ends the iteration with `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the server has accepted the stream, which may be long before the first item. */
  readonly onOpen?: (() => void) | undefined;
}

/**
 * The items of a stream, until the server ends it. Leaving the loop cancels the stream.
 * @throws ParleyError the server's error; `unavailable` when it did not open in time or broke
 */
export async function* readStream<T>(
  call: AnswerStream,
  options: ReadOptions<T>,
): AsyncGenerator<T, void, void> {
  const { schema, openMs, signal, onOpen } = options;
  let isLate = false;
  const cancel = (): void => call.cancel();
  const timer = setTimeout(() => {
    isLate = true;
    cancel();
  }, openMs);
  call.once('metadata', () => {
    clearTimeout(timer);
    onOpen?.();
  });
  // After the loop was left, the cancellation still arrives as an `error` event, which would end the process unheard.
  let broken: unknown;
  call.on('error', (error) => {
    broken = error;
  });
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted) cancel();
  try {
    for await (const item of call) yield parseAnswer(schema, item);
    if (broken !== undefined) throw broken;
  } catch (error) {
    if (error instanceof ParleyError) throw error;
    if (signal?.aborted) throw new ParleyError('cancelled', 'The stream was stopped.', { cause: error });
    if (isLate)
      throw new ParleyError('unavailable', `the server did not accept the stream within ${openMs} ms`);
    throw errorOf(error as ServiceError);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
    cancel();
  }
}
