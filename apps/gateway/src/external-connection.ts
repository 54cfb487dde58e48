import { createBackoff } from '@parley/client';
import { type Logger, redactUrls } from '@parley/process-kit';
import type { ExternalState } from '@parley/shared-models';
import { WebSocket } from 'ws';

export interface ExternalConnectionOptions {
  readonly url: string;
  readonly logger: Logger;
  /** Longest wait before the next try, in milliseconds. */
  readonly reconnectMaxMs: number;
  readonly heartbeatMs: number;
  readonly onText: (text: string) => void;
  readonly onBinary: () => void;
  readonly onState: (state: ExternalState) => void;
  readonly onError: (message: string) => void;
}

/** A connection that is made again without end. */
export interface ExternalConnection {
  readonly state: ExternalState;
  /** Resolves when the frame was handed to the network, false when it was not. */
  send(data: string): Promise<boolean>;
  /** Takes no more frames for now: the other side has to wait. */
  pause(): void;
  resume(): void;
  /** Reads nothing for so long, in milliseconds, on top of a rest that goes on already; 10 s at most. */
  rest(ms: number): void;
  close(): Promise<void>;
}

/** A larger frame closes the connection, which is then made again. */
const MAX_FRAME_BYTES = 1024 * 1024;
/** More unsent than this: the other side does not read, and the connection is made anew. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;
const HANDSHAKE_MS = 10_000;
const MAX_REST_MS = 10_000;
const CLOSE_MS = 1000;
/** After a connection that held this long the waits begin short again. */
const STABLE_MS = 5000;

export function connectExternal(options: ExternalConnectionOptions): ExternalConnection {
  const { logger, onState, onError } = options;
  const maxMs = options.reconnectMaxMs;
  const backoff = createBackoff({ minMs: Math.min(500, maxMs), maxMs });
  let state: ExternalState = 'connecting';
  let socket: WebSocket | undefined;
  let isClosed = false;
  let isPaused = false;
  let restUntil = 0;
  let resting: NodeJS.Timeout | undefined;
  let lastHeard = 0;
  /** Why the connection will end, where that is known before it does. */
  let reason = '';
  let retry: NodeJS.Timeout | undefined;
  let stable: NodeJS.Timeout | undefined;
  let heartbeat: NodeJS.Timeout | undefined;

  function change(next: ExternalState): void {
    state = next;
    onState(next);
  }

  function dial(): void {
    reason = '';
    const current = new WebSocket(options.url, {
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
    });
    socket = current;
    const heard = (): void => {
      lastHeard = performance.now();
    };
    current.on('open', () => {
      heard();
      readOrWait();
      stable = setTimeout(backoff.reset, STABLE_MS);
      heartbeat = setInterval(beat, options.heartbeatMs);
      change('connected');
    });
    current.on('message', (data, isBinary) => {
      // Read for the other side's good-bye only: nobody is there to take it.
      if (isClosed) return;
      heard();
      if (isBinary) options.onBinary();
      else options.onText(data.toString());
    });
    // `ws` answers pings by itself.
    current.on('ping', heard);
    current.on('pong', heard);
    current.on('error', (error) => {
      reason = redactUrls(error.message);
    });
    current.on('close', (code, said) => {
      clearTimeout(stable);
      clearInterval(heartbeat);
      socket = undefined;
      if (isClosed) return;
      const text = said.toString('utf8').slice(0, 123);
      const why = reason || (text === '' ? `closed with ${code}` : `closed with ${code}: ${text}`);
      const wait = backoff.next();
      logger.warn({ code, wait }, `the external server is away (${why}); next try in ${wait} ms`);
      onError(why);
      retry = setTimeout(() => {
        change('connecting');
        dial();
      }, wait);
      change('waiting');
    });
  }

  function beat(): void {
    // A connection that is not read cannot be heard.
    if (socket === undefined) return;
    if (isWaiting()) heardNow();
    else if (performance.now() - lastHeard > options.heartbeatMs * 2) {
      giveUp(socket, 'nothing was heard for two heartbeats');
    } else {
      socket.ping();
    }
  }

  function giveUp(current: WebSocket, why: string): void {
    reason = why;
    current.terminate();
  }

  const isWaiting = (): boolean => isPaused || resting !== undefined;

  function readOrWait(): void {
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (isWaiting()) socket.pause();
    else socket.resume();
  }

  function goOn(): void {
    resting = undefined;
    heardNow();
    readOrWait();
  }

  function heardNow(): void {
    lastHeard = performance.now();
  }

  dial();
  onState(state);

  return {
    get state() {
      return state;
    },
    send(data) {
      const current = socket;
      if (current?.readyState !== WebSocket.OPEN) return Promise.resolve(false);
      if (current.bufferedAmount > MAX_UNSENT_BYTES) {
        giveUp(current, 'it does not read the frames sent to it');
        return Promise.resolve(false);
      }
      return new Promise((resolve) => current.send(data, (error) => resolve(error == null)));
    },
    pause() {
      isPaused = true;
      readOrWait();
    },
    resume() {
      isPaused = false;
      heardNow();
      readOrWait();
    },
    rest(ms) {
      const now = performance.now();
      restUntil = Math.min(Math.max(now, restUntil) + ms, now + MAX_REST_MS);
      clearTimeout(resting);
      resting = setTimeout(goOn, restUntil - now);
      readOrWait();
    },
    async close() {
      isClosed = true;
      clearTimeout(retry);
      clearTimeout(resting);
      const current = socket;
      if (current === undefined) return;
      await new Promise<void>((resolve) => {
        const late = setTimeout(() => current.terminate(), CLOSE_MS);
        current.once('close', () => {
          clearTimeout(late);
          resolve();
        });
        // A paused socket would never see the other side's good-bye.
        current.resume();
        current.close(1001, 'the gateway stops');
      });
    },
  };
}
