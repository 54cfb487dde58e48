import { type CommandOutput, ParleyError } from '@parley/shared-models';
import { TakenOutput } from '../wire/answers.ts';
import { outputStream } from '../wire/enum-names.ts';
import { parseAnswer } from '../wire/parse.ts';
import type { Connection, Method } from './connection.ts';

/** The way of what commands print to the server, in order. */
export interface CommandOutputStream {
  /**
   * Resolves when the next piece may follow: awaiting it keeps memory bounded when the server is slow.
   * @throws ParleyError what the server ended the stream with
   */
  send(output: CommandOutput & { incarnation: number }): Promise<void>;
  /**
   * Says that there is no more, and waits for the server.
   * @returns how many pieces the server has taken
   * @throws ParleyError what the server ended the stream with; `unavailable` after the deadline for calls
   */
  end(): Promise<number>;
  /** Drops what was not sent yet. */
  cancel(): void;
}

export function openCommandOutput(
  connection: Connection,
  method: Method,
  endMs: number,
): CommandOutputStream {
  const taken = Promise.withResolvers<number>();
  // A stream that fails between two pieces is reported by the next `send` or `end`, not as an unhandled rejection.
  taken.promise.catch(() => undefined);
  const call = connection.requestStream(method, (error, answer) => {
    if (error !== undefined) return taken.reject(error);
    try {
      taken.resolve(parseAnswer(TakenOutput, answer).received);
    } catch (malformed) {
      taken.reject(malformed);
    }
  });
  const ended = taken.promise.then(() => {
    throw new ParleyError('unavailable', 'The stream of output has ended.');
  });
  ended.catch(() => undefined);
  // A write after the end.
  call.on('error', taken.reject);

  return {
    async send(output) {
      const written = new Promise<void>((resolve, reject) => {
        call.write({ ...output, stream: outputStream.encode(output.stream) }, (error?: Error | null) => {
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
