import {
  type handleClientStreamingCall,
  type handleUnaryCall,
  type ServerUnaryCall,
  status,
} from '@grpc/grpc-js';
import type { z } from 'zod';
import type { Logger } from '../logger.ts';
import { statusOf } from '../wire/error-status.ts';
import { parseRequest } from '../wire/parse.ts';

/** An RPC with one request and one answer: parsed, handled, its error mapped. `handle` gives the answer as it goes out. */
export function serveUnary<T>(
  logger: Logger,
  schema: z.ZodType<T>,
  handle: (request: T, call: ServerUnaryCall<unknown, object>) => Promise<object>,
): handleUnaryCall<unknown, object> {
  const answer = async (call: ServerUnaryCall<unknown, object>): Promise<object> =>
    handle(parseRequest(schema, call.request), call);
  return (call, callback) => {
    answer(call).then(
      (response) => callback(null, response),
      (error: unknown) => callback(refusal(logger, call.getPath(), error)),
    );
  };
}

/** As `serveUnary`, for what may take long: the signal is aborted when the caller has gone. */
export function serveCancellable<T>(
  logger: Logger,
  schema: z.ZodType<T>,
  handle: (request: T, signal: AbortSignal) => Promise<object>,
): handleUnaryCall<unknown, object> {
  return (call, callback) => {
    const gone = new AbortController();
    const onCancelled = (): void => gone.abort();
    call.once('cancelled', onCancelled);
    // A call that was cancelled before the handler was there says so no more.
    if (call.cancelled) onCancelled();
    const answer = async (): Promise<object> => handle(parseRequest(schema, call.request), gone.signal);
    answer()
      .finally(() => call.removeListener('cancelled', onCancelled))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(refusal(logger, call.getPath(), error)),
      );
  };
}

/** A stream of requests, handled one after another; the first that is refused ends it. */
export function serveClientStream<T>(
  logger: Logger,
  schema: z.ZodType<T>,
  handle: (request: T) => Promise<void>,
): handleClientStreamingCall<unknown, object> {
  return (call, callback) => {
    const receive = async (): Promise<object> => {
      let received = 0;
      for await (const request of call) {
        await handle(parseRequest(schema, request));
        received += 1;
      }
      return { received };
    };
    receive().then(
      (response) => callback(null, response),
      (error: unknown) => {
        if (call.cancelled)
          return logger.debug({ err: error, rpc: call.getPath() }, 'the caller cancelled its stream');
        callback(refusal(logger, call.getPath(), error));
      },
    );
  };
}

/** The status for an error; one that nobody foresaw is logged, since the caller is not told. */
export function refusal(logger: Logger, rpc: string, error: unknown): ReturnType<typeof statusOf> {
  const refused = statusOf(error);
  if (refused.code === status.INTERNAL) logger.error({ err: error, rpc }, 'an RPC failed');
  return refused;
}
