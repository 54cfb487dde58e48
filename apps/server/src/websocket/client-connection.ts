import type { Socket } from 'node:net';
import {
  CLOSE_CODES,
  type ClientFrame,
  type ClientFrameOf,
  correlationOf,
  type ErrorReport,
  guessCorrelation,
  LIMITS,
  newId,
  ParleyError,
  type ParsedFrame,
  parseClientFrame,
  type ServerFrame,
  type User,
} from '@parley/shared-models';
import type { WebSocket } from 'ws';
import { refusedSignIn } from '../audit/refusals.ts';
import {
  type Admission,
  type ConnectionLimits,
  createConnectionLimits,
} from '../connections/connection-limits.ts';
import { createDeadlines, type Deadlines } from '../connections/deadlines.ts';
import type { ServerServices } from '../server-services.ts';
import type { Caller } from '../users/local-access.ts';
import type { ClientSocket } from './client-socket.ts';
import { createFollowedConversations, type FollowedConversations } from './followed-conversations.ts';
import { handleFrame, welcome } from './frame-handlers.ts';
import { outwardReport } from './outward-report.ts';
import { Incoming, type IncomingOwner, Outgoing } from './traffic.ts';

/**
 * The longest that a timer of Node can wait; a token that is valid for longer is checked again with the next
 * connection.
 */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const NOT_TEXT: ParsedFrame<ClientFrame> = {
  ok: false,
  error: { code: 'invalid_json', message: 'Frames are text.' },
};

export interface Connection {
  /** The newest frames that its client reads, by number; 0 before `hello`, and at `/ws/:userId`. */
  readonly frames: number;
  /** Sends a frame that is for everybody, once there was a `hello`. */
  tell(text: string): void;
  /** Takes no more frames, finishes those in hand, at most `timeoutMs`. */
  drain(timeoutMs: number): Promise<void>;
  close(code: number, reason: string): void;
}

/** A WebSocket, its TCP connection, and its place among those of its address. */
export interface Transport {
  readonly webSocket: WebSocket;
  readonly tcp: Socket;
  /** Of the client, which may be reached by a proxy only. */
  readonly remoteAddress: string | undefined;
  readonly caller: Caller;
  readonly admission: Admission;
}

/** A connection with a time limit. */
export interface Timed {
  timeIsOver(): void;
}

/** The parts that all WebSockets of a server share. */
export interface SharedBySockets {
  readonly services: ServerServices;
  readonly connections: Set<Connection>;
  /** How many one user may have. */
  readonly users: ConnectionLimits;
  /** For the first frame; for any frame; for any sign of life at `/ws/:userId`. */
  readonly times: Readonly<Record<'hello' | 'frame' | 'sign', Deadlines<Timed>>>;
}

export function createShared(services: ServerServices): SharedBySockets {
  const within = (ms: number) => createDeadlines<Timed>(ms, (connection) => connection.timeIsOver());
  return {
    services,
    connections: new Set(),
    users: createConnectionLimits(services.config.CONNECTIONS_PER_USER),
    times: {
      hello: within(LIMITS.helloTimeoutMs),
      frame: within(LIMITS.heartbeatMs * 2),
      sign: within(LIMITS.heartbeatMs),
    },
  };
}

/**
 * One WebSocket from its beginning to its end. Most are idle, and there are thousands: a class, so that they share its functions, and
 * no timer, logger or list that only a busy one needs.
 */
export class ClientConnection implements Connection, IncomingOwner, Timed {
  readonly id = newId();
  readonly remoteAddress: string | undefined;
  readonly services: ServerServices;
  readonly outgoing: Outgoing;
  readonly #shared: SharedBySockets;
  readonly #webSocket: WebSocket;
  readonly #tcp: Socket;
  readonly #admission: Admission;
  readonly #incoming: Incoming;
  /** The caller, until the user is known. */
  #caller: Caller;
  #state: 'new' | 'greeting' | 'open' | 'closed' = 'new';
  #greeting: Promise<void> | undefined;
  #socket: WelcomedSocket | undefined;
  #tokenTimer: NodeJS.Timeout | undefined;
  #stopWatchingToken: (() => void) | undefined;
  /** Among the connections of the user. */
  #place: Admission | undefined;

  constructor({ webSocket, tcp, remoteAddress, caller, admission }: Transport, shared: SharedBySockets) {
    const { config } = shared.services;
    this.remoteAddress = remoteAddress;
    this.services = shared.services;
    this.#shared = shared;
    this.#webSocket = webSocket;
    this.#tcp = tcp;
    this.#caller = caller;
    this.#admission = admission;
    this.outgoing = new Outgoing(webSocket, tcp, config.SEND_BUFFER_BYTES, () => this.#onSlowReader());
    this.#incoming = new Incoming(this, webSocket, tcp, config.RATE_LIMIT);
    webSocket.on('close', () => this.#end());
    shared.connections.add(this);
    shared.times.hello.begin(this);
  }

  get frames(): number {
    return this.#socket?.frames ?? 0;
  }

  get isOpen(): boolean {
    return this.#state !== 'closed';
  }

  tell(text: string): void {
    if (this.#socket !== undefined) this.outgoing.send(text);
  }

  drain(timeoutMs: number): Promise<void> {
    return this.#incoming.drain(timeoutMs);
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
    this.#end();
  }

  heard(): void {
    if (this.#state === 'greeting' || this.#state === 'open') this.#shared.times.frame.begin(this);
  }

  timeIsOver(): void {
    if (this.#state === 'new') {
      this.close(CLOSE_CODES.helloTimeout, 'no hello');
      // A client that says nothing need not answer this either.
      this.#tcp.destroySoon();
    } else if (this.#incoming.isFull) {
      // A connection that is not read cannot be heard.
      this.#shared.times.frame.begin(this);
    } else this.close(CLOSE_CODES.idle, 'nothing was heard');
  }

  take(text: string | undefined): Promise<void> | undefined {
    const parsed = text === undefined ? NOT_TEXT : parseClientFrame(text);
    if (parsed.ok) return this.#handle(parsed.frame);
    this.#sendError(parsed.error, parsed.inReplyTo);
    this.#incoming.malformed();
    return undefined;
  }

  refuse(text: string, retryAfterMs: number): void {
    const message = `At most ${this.services.config.RATE_LIMIT} frames a second; each 4 KiB of a frame count as one more.`;
    this.#sendError({ code: 'rate_limited', message, details: { retryAfterMs } }, guessCorrelation(text));
  }

  sendFrame(frame: ServerFrame): void {
    this.outgoing.send(JSON.stringify(frame));
  }

  #sendError(report: ErrorReport, inReplyTo?: string): void {
    this.sendFrame({ type: 'error', ...report, ...(inReplyTo === undefined ? {} : { inReplyTo }) });
  }

  #onSlowReader(): void {
    this.services.logger.warn({ connectionId: this.id }, 'a reader was too slow and is disconnected');
    this.close(CLOSE_CODES.slowReader, 'too slow: connect again and resume');
  }

  #end(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const { services } = this;
    const { connections, times } = this.#shared;
    this.#incoming.stop();
    this.#place?.end();
    times.hello.end(this);
    times.frame.end(this);
    clearTimeout(this.#tokenTimer);
    this.#stopWatchingToken?.();
    const socket = this.#socket;
    if (socket !== undefined) {
      socket.endConversations();
      services.channels.unfollowAll(socket);
      services.gateways.left(socket);
      services.commandService.hub.leave(socket);
    }
    connections.delete(this);
  }

  async #handle(frame: ClientFrame): Promise<void> {
    try {
      if (this.#socket === undefined) {
        if (this.#state === 'new' && frame.type !== 'hello') {
          this.#incoming.malformed();
          throw new ParleyError('hello_required', 'The first frame must be hello.');
        }
        if (this.#state === 'new' && frame.type === 'hello') {
          this.#greeting = this.#greet(frame);
          await this.#greeting;
          this.#greeting = undefined;
          return;
        }
        // It came while the token was being checked.
        await this.#greeting;
      }
      if (this.#socket !== undefined) await handleFrame(frame, this.#socket);
    } catch (error) {
      const { logger } = this.services;
      const connectionId = this.id;
      if (!(error instanceof ParleyError))
        logger.error({ err: error, connectionId, type: frame.type }, 'a frame could not be handled');
      else if (error.code === 'store_unavailable' || error.code === 'bus_unavailable')
        logger.warn({ err: error, connectionId }, error.message);
      this.#sendError(outwardReport(error), correlationOf(frame));
    }
  }

  async #greet(hello: ClientFrameOf<'hello'>): Promise<void> {
    const { services } = this;
    const { times, users } = this.#shared;
    this.#state = 'greeting';
    this.#incoming.greeted();
    times.hello.end(this);
    times.frame.begin(this);
    try {
      const signedIn = await services.authenticator.signIn(hello.token, this.#caller);
      this.#caller = undefined;
      if (!this.isOpen) return;
      const { user, expiresAt, tokenId } = signedIn;
      this.#place = users.admit(`user ${user.id}`, () => this.#webSocket.terminate());
      if (this.#place === undefined) {
        this.#sendError({
          code: 'rate_limited',
          message: 'You have too many connections: close one of them.',
        });
        this.close(CLOSE_CODES.tooManyConnections, 'too many connections of this user');
        return;
      }
      this.#place.hold();
      this.#admission.hold();
      if (tokenId !== undefined)
        this.#stopWatchingToken = services.revokedTokens.onRevoked(tokenId, () =>
          this.close(CLOSE_CODES.unauthenticated, 'the token was revoked: sign in again'),
        );
      if (expiresAt !== undefined) this.#closeAt(expiresAt);
      this.#state = 'open';
      this.#socket = new WelcomedSocket(this, user, hello.frames ?? 1);
      welcome(this.#socket, hello);
    } catch (error) {
      const report = outwardReport(error);
      services.logger.warn({ err: error, connectionId: this.id }, 'a sign-in was refused');
      this.#sendError(report);
      if (report.code === 'unauthenticated')
        services.audit.enterRefusal(refusedSignIn(report, this.remoteAddress));
      const code = report.code === 'unauthenticated' ? CLOSE_CODES.unauthenticated : CLOSE_CODES.tryAgain;
      this.close(code, report.message.slice(0, 100));
    }
  }

  #closeAt(time: number): void {
    this.#tokenTimer = setTimeout(
      () => this.close(CLOSE_CODES.unauthenticated, 'the token has expired: sign in again'),
      Math.min(Math.max(0, time - Date.now()), LONGEST_TIMER_MS),
    );
  }
}

/** The connection from its `welcome` on. */
class WelcomedSocket implements ClientSocket {
  readonly user: User;
  readonly frames: number;
  readonly #connection: ClientConnection;
  /** Made when it is first used: most sockets follow no conversation for most of the time. */
  #conversations: FollowedConversations | undefined;

  constructor(connection: ClientConnection, user: User, frames: number) {
    this.#connection = connection;
    this.user = user;
    this.frames = frames;
  }

  get connectionId(): string {
    return this.#connection.id;
  }
  get remoteAddress(): string | undefined {
    return this.#connection.remoteAddress;
  }
  get services(): ServerServices {
    return this.#connection.services;
  }
  get conversations(): FollowedConversations {
    this.#conversations ??= createFollowedConversations(this.services.hub, {
      onFrame: (told) => {
        if (told.frame.type === 'conversation' && this.frames < 3) return;
        if (this.frames >= 2) this.send(told.text);
        else for (const { text } of told.separate) this.send(text);
      },
      flushed: () => this.flushed(),
    });
    // The connection may have ended while the conversation was looked up.
    if (!this.isOpen()) this.#conversations.stop();
    return this.#conversations;
  }
  endConversations(): void {
    this.#conversations?.stop();
  }
  isOpen(): boolean {
    return this.#connection.isOpen;
  }
  send(text: string): void {
    this.#connection.outgoing.send(text);
  }
  sendFrame(frame: ServerFrame): void {
    this.#connection.sendFrame(frame);
  }
  flushed(): Promise<void> {
    return this.#connection.outgoing.flushed();
  }
}
