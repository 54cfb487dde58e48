import { ParleyError } from '@parley/shared-models';
import { z } from 'zod';
import type { Duplex, Sent } from '../contracts/contract.ts';
import { methodOf } from '../proto-definitions.ts';
import { parseAnswer } from '../wire/parse.ts';
import type { Connection } from './grpc-connection.ts';
import { type ReadOptions, readStream } from './read-stream.ts';

/** The way of items to the server, in order. */
export interface SendStream<Item> {
  /**
   * Resolves when the next item may follow: awaiting it keeps memory bounded when the server is slow.
   * @throws ParleyError the server's error that ended the stream
   */
  send(item: Item): Promise<void>;
  /**
   * Says that there is no more, and waits for the server.
   * @returns how many items the server has taken
   * @throws ParleyError the server's error that ended the stream; `unavailable` after the deadline for calls
   */
  end(): Promise<number>;
  /** Drops the messages that were not sent yet. */
  cancel(): void;
}

const Taken = z.object({ received: z.number().int().nonnegative() });

export function openSendStream<Item>(
  connection: Connection,
  contract: Sent<Item>,
  endMs: number,
): SendStream<Item> {
  const taken = Promise.withResolvers<number>();
  // A stream that fails between two items is reported by the next `send` or `end`, not as an unhandled rejection.
  taken.promise.catch(() => undefined);
  const call = connection.requestStream(methodOf(contract), (error, answer) => {
    if (error !== undefined) return taken.reject(error);
    try {
      taken.resolve(parseAnswer(Taken, answer).received);
    } catch (malformed) {
      taken.reject(malformed);
    }
  });
  const ended = taken.promise.then(() => {
    throw new ParleyError('unavailable', 'The stream has ended.');
  });
  ended.catch(() => undefined);
  // A write after the end.
  call.on('error', taken.reject);

  return {
    async send(item) {
      const written = new Promise<void>((resolve, reject) => {
        call.write(contract.request.encode(item), (error?: Error | null) => {
          if (error) reject(error);
          else resolve();
        });
      });
      // The end of the call comes first, and says why; a write to a call that has ended may never be answered.
      await Promise.race([written, ended]);
    },
    async end() {
      call.end();
      const timer = setTimeout(() => {
        taken.reject(new ParleyError('unavailable', `the server did not answer within ${endMs} ms`));
        call.cancel();
      }, endMs);
      try {
        return await taken.promise;
      } finally {
        clearTimeout(timer);
      }
    },
    cancel: () => call.cancel(),
  };
}

/** Both ways of a stream. */
export interface DuplexStream<Request, Event> {
  /** Does not wait, and does nothing once the stream is over. */
  send(request: Request): void;
  /** No more will be sent; further events of the server are still received. */
  end(): void;
  /** The server is slow, and messages wait for it: messages that may be lost should not be sent now. */
  readonly isBehind: boolean;
  /**
   * The server's events, until it ends the stream; to be read once. Leaving the loop ends the stream.
   * @throws ParleyError as other streams
   */
  readonly events: AsyncIterable<Event>;
}

export function openDuplex<Request, Event>(
  connection: Connection,
  { request, event, ...contract }: Duplex<Request, Event>,
  first: Request,
  options: Omit<ReadOptions<Event>, 'schema'>,
): DuplexStream<Request, Event> {
  const call = connection.duplexStream(methodOf(contract));
  let isOver = false;
  call.once('status', () => {
    isOver = true;
  });
  const send = (sent: Request): void => {
    if (!isOver && !call.writableEnded) call.write(request.encode(sent));
  };
  send(first);
  return {
    send,
    end: () => call.end(),
    get isBehind() {
      return call.writableNeedDrain;
    },
    events: readStream(call, { ...options, schema: event.schema }),
  };
}
