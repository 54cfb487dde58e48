import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/**
 * What is sent to one connection: bounded, so that a slow reader costs itself its connection and nobody memory. Frames of one turn
 * of the event loop leave in one system call. A class, so that thousands of connections share its functions.
 */
export class Outgoing {
  readonly #socket: WebSocket;
  readonly #tcp: Socket;
  readonly #limitBytes: number;
  readonly #onFull: () => void;
  #isFull = false;
  #isCorked = false;

  /**
   * @param tcp the TCP connection below the WebSocket
   * @param onFull called when more than `limitBytes` wait and the reader does not take them
   */
  constructor(socket: WebSocket, tcp: Socket, limitBytes: number, onFull: () => void) {
    this.#socket = socket;
    this.#tcp = tcp;
    this.#limitBytes = limitBytes;
    this.#onFull = onFull;
  }

  /** Does nothing when the connection is closed. */
  send(text: string): void {
    const socket = this.#socket;
    if (this.#isFull || socket.readyState !== socket.OPEN) return;
    this.#cork();
    socket.send(text);
    if (socket.bufferedAmount > this.#limitBytes) {
      this.#isFull = true;
      this.#onFull();
    }
  }

  /** Resolves when what was sent so far has left this process, or never will. */
  flushed(): Promise<void> {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return Promise.resolve();
    // The callback of a ping comes when all before it was handed to the system, or with the end of the connection.
    return new Promise((resolve) => socket.ping(undefined, undefined, () => resolve()));
  }

  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#tcp.cork();
    setImmediate(() => {
      this.#isCorked = false;
      this.#tcp.uncork();
    });
  }
}
