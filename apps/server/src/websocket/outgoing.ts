import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** What is sent to one connection: bounded, so that a slow reader costs itself its connection and nobody memory. */
export interface Outgoing {
  send(text: string): void;
  flushed(): Promise<void>;
}

/**
 * Frames of one turn of the event loop leave in one system call.
 * @param transport the TCP connection below the WebSocket
 * @param onFull called when more than `limitBytes` wait and the reader does not take them
 */
export function createOutgoing(
  socket: WebSocket,
  transport: Socket,
  limitBytes: number,
  onFull: () => void,
): Outgoing {
  let isFull = false;
  let isCorked = false;

  const cork = (): void => {
    if (isCorked) return;
    isCorked = true;
    transport.cork();
    setImmediate(() => {
      isCorked = false;
      transport.uncork();
    });
  };

  return {
    send(text) {
      if (isFull || socket.readyState !== socket.OPEN) return;
      cork();
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
