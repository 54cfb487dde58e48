import type { WebSocket } from 'ws';

/** What is sent to one connection: bounded, so that a slow reader costs itself its connection and nobody memory. */
export interface Outgoing {
  send(text: string): void;
  flushed(): Promise<void>;
}

/** Called when more than this waits and the reader does not take it. */
export function createOutgoing(socket: WebSocket, limitBytes: number, onFull: () => void): Outgoing {
  let isFull = false;
  return {
    send(text) {
      if (isFull || socket.readyState !== socket.OPEN) return;
      socket.send(text);
      if (socket.bufferedAmount > limitBytes) {
        isFull = true;
        onFull();
      }
    },
    flushed() {
      if (socket.readyState !== socket.OPEN) return Promise.resolve();
      // The callback of a ping comes when all before it was handed to the system, or with the end of the connection.
      return new Promise((resolve) => socket.ping(undefined, undefined, () => resolve()));
    },
  };
}
