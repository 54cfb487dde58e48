import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';

/** What a slow reader has not taken yet. Kept outside of the stream, where it could not be thrown away. */
export interface PendingMessages {
  readonly size: number;
  /** Writes the message when the stream takes it, keeps it otherwise. */
  add(message: object): void;
  /** Throws everything away. */
  clear(): void;
  /** Hands everything to the stream, full or not: it is about to be ended. */
  flush(): void;
}

export function pendingMessages(
  call: ServerWritableStream<unknown, object> | ServerDuplexStream<unknown, object>,
): PendingMessages {
  let waiting: object[] = [];
  const write = (): void => {
    while (!call.writableNeedDrain) {
      const message = waiting.shift();
      if (message === undefined) return;
      call.write(message);
    }
  };
  const clear = (): void => {
    waiting = [];
  };
  call.on('drain', write);
  return {
    get size() {
      return waiting.length;
    },
    add(message) {
      waiting.push(message);
      write();
    },
    clear,
    flush() {
      for (const message of waiting) call.write(message);
      clear();
    },
  };
}
