import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';

/** The messages that a slow reader has not taken yet. Kept outside of the stream, where they could not be thrown away. */
export interface PendingMessages {
  readonly size: number;
  /** Writes the message when the stream takes it, keeps it otherwise. */
  add(message: object): void;
  /** Resolves when no message is pending. */
  empty(): Promise<void>;
  /** Throws everything away. */
  clear(): void;
  /** Hands everything to the stream, full or not: it is about to be ended. */
  flush(): void;
}

export function pendingMessages(
  call: ServerWritableStream<unknown, object> | ServerDuplexStream<unknown, object>,
): PendingMessages {
  let waiting: object[] = [];
  const watchers = new Set<() => void>();
  const tellIfEmpty = (): void => {
    if (waiting.length > 0) return;
    for (const tell of watchers) tell();
    watchers.clear();
  };
  const write = (): void => {
    while (!call.writableNeedDrain) {
      const message = waiting.shift();
      if (message === undefined) break;
      call.write(message);
    }
    tellIfEmpty();
  };
  const clear = (): void => {
    waiting = [];
    tellIfEmpty();
  };
  call.on('drain', write);
  return {
    get size() {
      return waiting.length;
    },
    async empty() {
      if (waiting.length > 0) await new Promise<void>((resolve) => watchers.add(resolve));
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
