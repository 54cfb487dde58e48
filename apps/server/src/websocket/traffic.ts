import type { Socket } from 'node:net';
import { CLOSE_CODES, LIMITS } from '@parley/shared-models';
import type { WebSocket } from 'ws';
import { TokenBucket } from '../limits/user-limits.ts';

/** Frames of one connection under way at once; more wait in its socket, and so at the sender. */
const MAX_IN_HAND = 64;
/** A frame counts as one more for each of these. */
const WEIGHED_BYTES = 4096;
/** Refused frames in seconds' worth of the rate: a client that sends on beyond them does not listen. */
const REFUSED_SECONDS = 10;
/** A malformed frame is forgiven after so many seconds. */
const FORGIVEN_S = 5;
const TOO_LARGE_BEFORE_HELLO = `at most ${LIMITS.helloBytes} bytes before hello`;

/** The connection whose frames are read. */
export interface IncomingOwner {
  /** Handles a frame, and does not reject; `undefined`: it is not text. */
  take(text: string | undefined): Promise<void> | undefined;
  /** Answers a frame that came too soon. */
  refuse(text: string, retryAfterMs: number): void;
  /** Something came. */
  heard(): void;
  close(code: number, reason: string): void;
}

/**
 * The frames that one connection sends: bounded and weighed before anything reads them. A client that has not said
 * `hello` may send
 * `LIMITS.helloBytes` in all; the rate counts large frames several times, and comes before the parser, as the sizes do. A class, so
 * that thousands of connections share its functions; parts that a well-behaved client never needs are made when they
 * are needed.
 */
export class Incoming {
  readonly #owner: IncomingOwner;
  readonly #webSocket: WebSocket;
  readonly #tcp: Socket;
  readonly #rate: number | 'off';
  readonly #bucket: TokenBucket | undefined;
  #refusals: TokenBucket | undefined;
  #flaws: TokenBucket | undefined;
  /** Frames under way. */
  #inHand = 0;
  /** Called when no frame is under way any more. */
  #onIdle: (() => void) | undefined;
  #flawsBeforeHello = 0;
  #bytesBeforeHello = 0;
  /** Counts the bytes before `hello`; undefined afterwards. */
  #onData: ((chunk: Buffer) => void) | undefined;
  #isDraining = false;
  #isStopped = false;

  /**
   * @param tcp the TCP connection below the WebSocket
   * @param rate frames a second
   */
  constructor(owner: IncomingOwner, webSocket: WebSocket, tcp: Socket, rate: number | 'off') {
    this.#owner = owner;
    this.#webSocket = webSocket;
    this.#tcp = tcp;
    this.#rate = rate;
    this.#bucket = rate === 'off' ? undefined : new TokenBucket(rate);
    this.#onData = (chunk) => this.#countBytes(chunk);
    // `binaryType` is left as it is.
    webSocket.on('message', (data, isBinary) => this.#onMessage(data as Buffer, isBinary));
    // `ws` answers pings itself, as fast as they come.
    const onControl = (): void => {
      if (!this.#isStopped) this.#weigh(1);
    };
    webSocket.on('ping', onControl);
    webSocket.on('pong', onControl);
    // After the listener of `ws`: frames that were complete in this chunk have been handled.
    tcp.on('data', this.#onData);
  }

  /** Whether it is not read for now. */
  get isFull(): boolean {
    return this.#inHand >= MAX_IN_HAND;
  }

  /** The client has begun as it should: frames may have their full size from now on. */
  greeted(): void {
    if (this.#onData !== undefined) this.#tcp.off('data', this.#onData);
    this.#onData = undefined;
  }

  /** Counts a frame that was malformed; closes the connection of a client that sends one after another. */
  malformed(): void {
    let isTooMany: boolean;
    if (this.#isGreeted) {
      this.#flaws ??= new TokenBucket(1 / FORGIVEN_S, LIMITS.malformedFrames);
      isTooMany = this.#flaws.take(performance.now()) > 0;
    } else {
      this.#flawsBeforeHello += 1;
      isTooMany = this.#flawsBeforeHello > LIMITS.malformedBeforeHello;
    }
    if (isTooMany) this.#owner.close(CLOSE_CODES.malformed, 'too many malformed frames');
  }

  /** Takes no more frames, finishes those in hand, at most `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    this.#isDraining = true;
    if (this.#inHand === 0) return;
    const over = Promise.withResolvers<void>();
    this.#onIdle = over.resolve;
    const timer = setTimeout(over.resolve, timeoutMs);
    await over.promise;
    clearTimeout(timer);
  }

  /** The connection is closed: frames that still come are ignored. */
  stop(): void {
    this.#isStopped = true;
  }

  get #isGreeted(): boolean {
    return this.#onData === undefined;
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#isStopped || this.#isDraining) return;
    if (!this.#isGreeted && data.byteLength > LIMITS.helloBytes) {
      this.#owner.close(CLOSE_CODES.tooLarge, TOO_LARGE_BEFORE_HELLO);
      return;
    }
    const waitMs = this.#weigh(1 + Math.floor(data.byteLength / WEIGHED_BYTES));
    if (this.#isStopped) return;
    this.#owner.heard();
    if (waitMs > 0) {
      this.#owner.refuse(isBinary ? '' : data.toString(), waitMs);
      return;
    }
    const promise = this.#owner.take(isBinary ? undefined : data.toString());
    if (promise !== undefined) this.#hold(promise);
  }

  #countBytes(chunk: Buffer): void {
    if (this.#isStopped) return;
    this.#bytesBeforeHello += chunk.byteLength;
    if (this.#bytesBeforeHello > LIMITS.helloBytes)
      this.#owner.close(CLOSE_CODES.tooLarge, TOO_LARGE_BEFORE_HELLO);
  }

  /** How long to wait before this may come, 0: it may come now. */
  #weigh(cost: number): number {
    if (this.#bucket === undefined || this.#rate === 'off') return 0;
    const now = performance.now();
    const waitMs = this.#bucket.take(now, cost);
    if (waitMs === 0) return 0;
    this.#refusals ??= new TokenBucket(this.#rate, this.#rate * REFUSED_SECONDS);
    if (this.#refusals.take(now, cost) > 0)
      this.#owner.close(CLOSE_CODES.flooding, 'too many frames: connect again later');
    return waitMs;
  }

  #hold(promise: Promise<void>): void {
    this.#inHand += 1;
    if (this.isFull) this.#webSocket.pause();
    const release = (): void => {
      this.#inHand -= 1;
      if (this.#inHand === MAX_IN_HAND - 1) this.#webSocket.resume();
      if (this.#inHand === 0) this.#onIdle?.();
    };
    promise.then(release, release);
  }
}

/**
 * The frames to one connection: bounded, so that a slow reader loses its connection instead of using memory. Frames
 * of one turn of the event loop leave in one system call. A class, so that thousands of connections share its
 * functions.
 */
export class Outgoing {
  readonly #webSocket: WebSocket;
  readonly #tcp: Socket;
  readonly #limitBytes: number;
  readonly #onFull: () => void;
  #isFull = false;
  #isCorked = false;

  /**
   * @param tcp the TCP connection below the WebSocket
   * @param onFull called when more than `limitBytes` wait and the reader does not take them
   */
  constructor(webSocket: WebSocket, tcp: Socket, limitBytes: number, onFull: () => void) {
    this.#webSocket = webSocket;
    this.#tcp = tcp;
    this.#limitBytes = limitBytes;
    this.#onFull = onFull;
  }

  /** Does nothing when the connection is closed. */
  send(text: string): void {
    const webSocket = this.#webSocket;
    if (this.#isFull || webSocket.readyState !== webSocket.OPEN) return;
    this.#cork();
    webSocket.send(text);
    if (webSocket.bufferedAmount > this.#limitBytes) {
      this.#isFull = true;
      this.#onFull();
    }
  }

  /** Resolves when the frames sent so far have left this process, or never will. */
  flushed(): Promise<void> {
    const webSocket = this.#webSocket;
    if (webSocket.readyState !== webSocket.OPEN) return Promise.resolve();
    // The callback of a ping comes when all before it was handed to the system, or with the end of the connection.
    return new Promise((resolve) => webSocket.ping(undefined, undefined, () => resolve()));
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
