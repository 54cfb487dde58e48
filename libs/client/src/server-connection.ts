import {
  CLOSE_CODES,
  type ClientFrame,
  type ClientFrameOf,
  parseServerFrame,
  type ServerFrame,
  SUBPROTOCOL,
  shouldReconnect,
} from '@parley/shared-models';
import type { Backoff } from './backoff.ts';
import type { ConnectionState, Report } from './client-events.ts';
import { isTooLarge } from './frame-size.ts';
import { type Heartbeat, startHeartbeat } from './heartbeat.ts';
import { createTimers } from './timers.ts';
import type { WebSocketConstructor, WebSocketLike } from './web-socket-like.ts';

export interface ConnectionOptions {
  readonly url: string;
  readonly webSocket: WebSocketConstructor;
  /** Undefined: the client does not reconnect. */
  readonly backoff: Backoff | undefined;
  /** After a connection that lasted this long the back-off starts again. In milliseconds. */
  readonly stableMs: number;
  /** From the connection attempt to `welcome`, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** For the server's part of the closing handshake, in milliseconds. */
  readonly closeTimeoutMs: number;
  /** Called once for each connection. */
  readonly hello: () => ClientFrameOf<'hello'>;
  /** Called for every frame but `pong`; for `welcome` after the state is `open`. */
  readonly onFrame: (frame: ServerFrame) => void;
  readonly onState: (state: ConnectionState) => void;
  readonly report: Report;
}

export interface Connection {
  readonly state: ConnectionState;
  /** Connects; while waiting, at once. Does nothing when connecting or open. */
  connect(): void;
  /** @returns whether the frame was passed to the WebSocket; false unless the state is `open` */
  transmit(frame: ClientFrame): boolean;
  /** Resolves when the socket is closed, or after `closeTimeoutMs`. */
  close(): Promise<void>;
}

const CLOSED_REASONS = new Map<number, 'unauthenticated' | 'too_large'>([
  [CLOSE_CODES.unauthenticated, 'unauthenticated'],
  [CLOSE_CODES.tooLarge, 'too_large'],
]);
/** The code of a connection that broke without a close frame (RFC 6455, 7.1.5). */
const ABNORMAL = 1006;

/** Maintains one connection: connects, says hello, pings, detects a dead connection, waits and reconnects. */
export function createConnection(options: ConnectionOptions): Connection {
  const { backoff, report } = options;
  const timers = createTimers();
  let state: ConnectionState = { state: 'closed', reason: 'idle' };
  let socket: WebSocketLike | undefined;
  let heartbeat: Heartbeat | undefined;
  let ignoreNetwork: (() => void) | undefined;
  let socketError = '';
  let closing: Promise<void> = Promise.resolve();

  function change(next: ConnectionState): void {
    state = next;
    if (next.state === 'closed') {
      ignoreNetwork?.();
      ignoreNetwork = undefined;
    }
    options.onState(next);
  }

  function dial(): void {
    timers.clearAll();
    socketError = '';
    let dialled: WebSocketLike;
    try {
      dialled = new options.webSocket(options.url, SUBPROTOCOL);
    } catch (error) {
      report({ code: 'invalid_request', message: `cannot connect to ${options.url}`, cause: error });
      change({ state: 'closed', reason: 'invalid_url', message: messageOf(error) });
      return;
    }
    socket = dialled;
    const ifCurrent = (run: () => void) => {
      if (socket === dialled) guard(run);
    };
    // An abandoned socket keeps its listeners: `ws` throws an 'error' event without a listener.
    dialled.addEventListener('open', () => ifCurrent(() => write(options.hello())));
    dialled.addEventListener('message', ({ data }) => ifCurrent(() => receive(data)));
    dialled.addEventListener('error', (event) => ifCurrent(() => (socketError = messageOf(event))));
    dialled.addEventListener('close', ({ code, reason }) => ifCurrent(() => lose(code, reason)));
    timers.set('welcome', options.connectTimeoutMs, () => giveUp('the server did not send welcome in time'));
    change({ state: 'connecting' });
  }

  function receive(data: unknown): void {
    heartbeat?.heard();
    if (typeof data !== 'string') {
      report({ code: 'invalid_json', message: 'the server sent a binary frame' });
      return;
    }
    const parsed = parseServerFrame(data);
    if (!parsed.ok) {
      const message = `the server sent an invalid frame: ${parsed.error.message}`;
      const { inReplyTo } = parsed;
      report({ ...parsed.error, message, ...(inReplyTo === undefined ? {} : { inReplyTo }) });
      return;
    }
    const { frame } = parsed;
    if (frame.type === 'pong') return;
    if (frame.type === 'welcome') welcomed(frame.heartbeatMs);
    options.onFrame(frame);
  }

  function welcomed(heartbeatMs: number): void {
    timers.clear('welcome');
    heartbeat?.stop();
    heartbeat = startHeartbeat({
      heartbeatMs,
      ping: () => guard(() => write({ type: 'ping' })),
      onDead: () => guard(() => giveUp('the server did not answer within a heartbeat')),
    });
    if (backoff !== undefined) timers.set('stable', options.stableMs, backoff.reset);
    change({ state: 'open' });
  }

  /** Abandons a socket that may never answer. */
  function giveUp(why: string): void {
    const dead = socket;
    socket = undefined;
    if (dead !== undefined) abandon(dead);
    lose(ABNORMAL, why);
  }

  function lose(code: number, reason: string): void {
    socket = undefined;
    heartbeat?.stop();
    timers.clearAll();
    const message = reason === '' ? socketError : reason;
    if (!shouldReconnect(code)) {
      change({ state: 'closed', reason: CLOSED_REASONS.get(code) ?? 'ended', code, message });
    } else if (backoff === undefined) {
      change({ state: 'closed', reason: 'lost', code, message });
    } else {
      const wait = backoff.next();
      timers.set('retry', wait, () => guard(dial));
      change({ state: 'waiting', retryAt: Date.now() + wait, code, message });
    }
  }

  function write(frame: ClientFrame): boolean {
    if (socket === undefined) return false;
    const text = JSON.stringify(frame);
    if (isTooLarge(text)) {
      report({ code: 'invalid_frame', message: `a ${frame.type} frame is too large and was not sent` });
      return false;
    }
    socket.send(text);
    return true;
  }

  function guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      report({ code: 'internal', message: 'the client failed to handle an event', cause: error });
    }
  }

  function cameOnline(): void {
    if (state.state === 'waiting') dial();
    else if (state.state === 'open') write({ type: 'ping' });
  }

  function wentOffline(): void {
    if (state.state === 'open' || state.state === 'connecting') giveUp('this device has no network');
  }

  return {
    get state() {
      return state;
    },
    connect() {
      if (state.state === 'connecting' || state.state === 'open') return;
      ignoreNetwork ??= onNetwork({
        online: () => guard(cameOnline),
        offline: () => guard(wentOffline),
      });
      dial();
    },
    transmit(frame) {
      if (state.state !== 'open') return false;
      try {
        return write(frame);
      } catch (error) {
        report({ code: 'internal', message: `a ${frame.type} frame could not be sent`, cause: error });
        return false;
      }
    },
    close() {
      if (socket !== undefined) closing = closeSocket(socket, options.closeTimeoutMs);
      socket = undefined;
      heartbeat?.stop();
      timers.clearAll();
      if (state.state !== 'closed') change({ state: 'closed', reason: 'closed' });
      return closing;
    },
  };
}

function closeSocket(socket: WebSocketLike, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timeout = setTimeout(() => {
      abandon(socket);
      resolve();
    }, timeoutMs);
    socket.addEventListener('close', () => {
      clearTimeout(timeout);
      resolve();
    });
    socket.close(CLOSE_CODES.normal);
  });
}

function abandon(socket: WebSocketLike): void {
  if (socket.terminate !== undefined) socket.terminate();
  else socket.close();
}

function messageOf(event: unknown): string {
  const { message } = event as { message?: unknown };
  return typeof message === 'string' ? message : '';
}

interface MaybeEventTarget {
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
}

interface NetworkListeners {
  /** The browser is online again. */
  readonly online: () => void;
  /** The browser is offline; its WebSockets do not notice. */
  readonly offline: () => void;
}

/**
 * Listens to the browser's network events; without effect where there are no such events (Node).
 * @returns stops it
 */
function onNetwork({ online, offline }: NetworkListeners): () => void {
  const target = globalThis as MaybeEventTarget;
  target.addEventListener?.('online', online);
  target.addEventListener?.('offline', offline);
  return () => {
    target.removeEventListener?.('online', online);
    target.removeEventListener?.('offline', offline);
  };
}
