import type { Socket } from 'node:net';
import { CLOSE_CODES, LIMITS } from '@parley/shared-models';
import type { RawData, WebSocket } from 'ws';
import { createTokenBucket } from './token-bucket.ts';

/** Frames of one connection under way at once; more wait in its socket, and so at the sender. */
const MAX_IN_HAND = 64;
/** A frame counts as one more for each of these. */
const WEIGHED_BYTES = 4096;
/** Refused frames in seconds' worth of the rate: a client that sends on beyond them does not listen. */
const REFUSED_SECONDS = 10;
/** A malformed frame is forgiven after so many seconds. */
const FORGIVEN_S = 5;
const TOO_LARGE_BEFORE_HELLO = `at most ${LIMITS.helloBytes} bytes before hello`;

/** What one connection sends: bounded and weighed before anything reads it. */
export interface Incoming {
  /** When the last frame came, by `performance.now()`: a clock that does not jump. */
  readonly lastAt: number;
  /** Whether it is not read for now. */
  readonly isFull: boolean;
  /** The client has begun as it should: frames may have their full size from now on. */
  greeted(): void;
  /** Counts a frame that was malformed; closes the connection of a client that sends one after another. */
  malformed(): void;
  /** Takes no more frames, finishes those in hand, at most `timeoutMs`. */
  drain(timeoutMs: number): Promise<void>;
  /** The connection is closed: what still comes is not looked at. */
  stop(): void;
}

export interface IncomingOptions {
  readonly socket: WebSocket;
  /** The TCP connection below the WebSocket. */
  readonly tcp: Socket;
  /** Frames a second. */
  readonly rate: number | 'off';
  /** Handles a frame; `undefined`: it is not text. */
  take(text: string | undefined): Promise<void> | undefined;
  /** Answers a frame that came too soon. */
  refuse(text: string, retryAfterMs: number): void;
  close(code: number, reason: string): void;
}

/**
 * Reads a connection's frames. A client that has not said `hello` may send `LIMITS.helloBytes` in all; the rate counts large
 * frames several times, and comes before the parser, as the sizes do.
 */
export function readIncoming(options: IncomingOptions): Incoming {
  const { socket, tcp, rate, close } = options;
  const bucket = rate === 'off' ? undefined : createTokenBucket(rate);
  const refusals = rate === 'off' ? undefined : createTokenBucket(rate, rate * REFUSED_SECONDS);
  const flaws = createTokenBucket(1 / FORGIVEN_S, LIMITS.malformedFrames);
  const inHand = new Set<Promise<void>>();
  let lastAt = performance.now();
  let isGreeted = false;
  let flawsBeforeHello = 0;
  let bytesBeforeHello = 0;
  let isStopped = false;

  /** How long to wait before this may come, 0: it may come now. */
  const weigh = (cost: number): number => {
    const now = performance.now();
    const waitMs = bucket?.take(now, cost) ?? 0;
    if (waitMs > 0 && (refusals?.take(now, cost) ?? 0) > 0)
      close(CLOSE_CODES.flooding, 'too many frames: connect again later');
    return waitMs;
  };
  const hold = (promise: Promise<void>): void => {
    const held = promise.finally(() => {
      inHand.delete(held);
      if (inHand.size === MAX_IN_HAND - 1) socket.resume();
    });
    inHand.add(held);
    if (inHand.size >= MAX_IN_HAND) socket.pause();
  };

  const onMessage = (raw: RawData, isBinary: boolean): void => {
    if (isStopped) return;
    // `binaryType` is left as it is.
    const data = raw as Buffer;
    if (!isGreeted && data.byteLength > LIMITS.helloBytes) {
      close(CLOSE_CODES.tooLarge, TOO_LARGE_BEFORE_HELLO);
      return;
    }
    const waitMs = weigh(1 + Math.floor(data.byteLength / WEIGHED_BYTES));
    if (isStopped) return;
    lastAt = performance.now();
    if (waitMs > 0) {
      options.refuse(isBinary ? '' : data.toString(), waitMs);
      return;
    }
    const promise = options.take(isBinary ? undefined : data.toString());
    if (promise !== undefined) hold(promise);
  };
  /** `ws` answers pings itself, as fast as they come. */
  const onControl = (): void => {
    if (!isStopped) weigh(1);
  };
  // After the listener of `ws`: what was complete in this chunk has been handled.
  const onData = (chunk: Buffer): void => {
    if (isStopped || isGreeted) return;
    bytesBeforeHello += chunk.byteLength;
    if (bytesBeforeHello > LIMITS.helloBytes) close(CLOSE_CODES.tooLarge, TOO_LARGE_BEFORE_HELLO);
  };
  socket.on('message', onMessage);
  socket.on('ping', onControl);
  socket.on('pong', onControl);
  tcp.on('data', onData);

  return {
    get lastAt() {
      return lastAt;
    },
    get isFull() {
      return inHand.size >= MAX_IN_HAND;
    },
    greeted() {
      isGreeted = true;
      tcp.off('data', onData);
    },
    malformed() {
      if (!isGreeted) flawsBeforeHello += 1;
      const isTooMany = isGreeted
        ? flaws.take(performance.now()) > 0
        : flawsBeforeHello > LIMITS.malformedBeforeHello;
      if (isTooMany) close(CLOSE_CODES.malformed, 'too many malformed frames');
    },
    async drain(timeoutMs) {
      socket.off('message', onMessage);
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, timeoutMs);
      await Promise.race([Promise.all(inHand), late.promise]);
      clearTimeout(timer);
    },
    stop() {
      isStopped = true;
    },
  };
}
