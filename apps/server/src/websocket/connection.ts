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
} from '@parley/shared-models';
import type { WebSocket } from 'ws';
import { refusedSignIn } from '../audit/refusals.ts';
import type { Admission } from '../connections/connection-limits.ts';
import type { ServerServices } from '../server-services.ts';
import type { Caller } from '../users/local-access.ts';
import { createFollowedConversations } from './followed-conversations.ts';
import { handleFrame } from './frame-handlers.ts';
import { readIncoming } from './incoming.ts';
import { createOutgoing } from './outgoing.ts';
import { outwardReport } from './outward-report.ts';
import type { Session } from './session.ts';
import { welcome } from './welcome.ts';

/** What a timer of Node can wait for; a token that is valid for longer is checked again with the next connection. */
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

/** A WebSocket, what lies below it, and its place among those of its address and user. */
export interface Transport {
  readonly socket: WebSocket;
  readonly tcp: Socket;
  /** Of the client, which may be reached by a proxy only. */
  readonly remoteAddress: string | undefined;
  readonly caller: Caller;
  readonly admission: Admission;
  /** undefined: the user has too many connections. */
  admitUser(userId: string, evict: () => void): Admission | undefined;
}

/** Drives one WebSocket from `hello` to its end. */
export function serveConnection(
  { socket, tcp, remoteAddress, caller, admission, admitUser }: Transport,
  services: ServerServices,
  onEnd: () => void,
): Connection {
  const { config } = services;
  const connectionId = newId();
  const logger = services.logger.child({ connectionId });
  const outgoing = createOutgoing(socket, tcp, config.SEND_BUFFER_BYTES, () => {
    logger.warn('a reader was too slow and is disconnected');
    close(CLOSE_CODES.slowReader, 'too slow: connect again and resume');
  });
  let session: Session | undefined;
  let greeting: Promise<void> | undefined;
  let tokenTimer: NodeJS.Timeout | undefined;
  let stopWatchingToken: (() => void) | undefined;
  let isClosed = false;
  /** Among the connections of the user. */
  let place: Admission | undefined;

  const sendFrame = (frame: ServerFrame): void => outgoing.send(JSON.stringify(frame));
  const sendError = (report: ErrorReport, inReplyTo?: string): void =>
    sendFrame({ type: 'error', ...report, ...(inReplyTo === undefined ? {} : { inReplyTo }) });

  const helloTimer = setTimeout(() => {
    close(CLOSE_CODES.helloTimeout, 'no hello');
    // A client that says nothing need not answer this either.
    tcp.destroySoon();
  }, LIMITS.helloTimeoutMs);
  const idleTimer = setInterval(() => {
    // What is not read cannot be heard.
    if (incoming.isFull) return;
    if (performance.now() - incoming.lastAt > LIMITS.heartbeatMs * 2)
      close(CLOSE_CODES.idle, 'nothing was heard');
  }, LIMITS.heartbeatMs / 2);

  const end = (): void => {
    if (isClosed) return;
    isClosed = true;
    incoming.stop();
    place?.end();
    clearTimeout(helloTimer);
    clearInterval(idleTimer);
    clearTimeout(tokenTimer);
    stopWatchingToken?.();
    if (session !== undefined) {
      session.conversations.stop();
      services.channels.unfollowAll(session);
      services.gateways.left(session);
      services.commandService.hub.leave(session);
    }
    onEnd();
  };

  const close = (code: number, reason: string): void => {
    socket.close(code, reason);
    end();
  };

  const greet = async (hello: ClientFrameOf<'hello'>): Promise<void> => {
    clearTimeout(helloTimer);
    try {
      const { user, expiresAt, tokenId } = await services.authenticator.signIn(hello.token, caller);
      if (isClosed) return;
      place = admitUser(user.id, () => socket.terminate());
      if (place === undefined) {
        sendError({ code: 'rate_limited', message: 'You have too many connections: close one of them.' });
        close(CLOSE_CODES.tooManyConnections, 'too many connections of this user');
        return;
      }
      place.hold();
      admission.hold();
      stopWatchingToken = services.revokedTokens.onRevoked(() => {
        if (tokenId !== undefined && services.revokedTokens.has(tokenId))
          close(CLOSE_CODES.unauthenticated, 'the token was revoked: sign in again');
      });
      if (expiresAt !== undefined) tokenTimer = closeAt(expiresAt);
      const { send, flushed } = outgoing;
      const { frames = 1 } = hello;
      const conversations = createFollowedConversations(services.hub, {
        onFrame(told) {
          if (frames >= 2) send(told.text);
          else for (const { text } of told.separate) send(text);
        },
        flushed,
      });
      session = {
        connectionId,
        user,
        remoteAddress,
        frames,
        conversations,
        services,
        sendFrame,
        send,
        flushed,
        isOpen: () => !isClosed,
      };
      welcome(session, hello);
    } catch (error) {
      const report = outwardReport(error);
      logger.warn({ err: error }, 'a sign-in was refused');
      sendError(report);
      if (report.code === 'unauthenticated')
        services.audit.enterRefusal(refusedSignIn(report, remoteAddress));
      const code = report.code === 'unauthenticated' ? CLOSE_CODES.unauthenticated : CLOSE_CODES.tryAgain;
      close(code, report.message.slice(0, 100));
    }
  };

  const closeAt = (time: number): NodeJS.Timeout =>
    setTimeout(
      () => close(CLOSE_CODES.unauthenticated, 'the token has expired: sign in again'),
      Math.min(Math.max(0, time - Date.now()), LONGEST_TIMER_MS),
    );

  const handle = async (frame: ClientFrame): Promise<void> => {
    try {
      if (session === undefined) {
        if (greeting === undefined && frame.type !== 'hello') {
          incoming.malformed();
          throw new ParleyError('hello_required', 'The first frame must be hello.');
        }
        if (greeting === undefined && frame.type === 'hello') {
          incoming.greeted();
          greeting = greet(frame);
          return await greeting;
        }
        // It came while the token was being checked.
        await greeting;
      }
      if (session !== undefined) await handleFrame(frame, session);
    } catch (error) {
      if (!(error instanceof ParleyError))
        logger.error({ err: error, type: frame.type }, 'a frame could not be handled');
      else if (error.code === 'store_unavailable' || error.code === 'bus_unavailable')
        logger.warn({ err: error }, error.message);
      sendError(outwardReport(error), correlationOf(frame));
    }
  };

  const refuse = (error: ErrorReport, inReplyTo?: string): void => {
    sendError(error, inReplyTo);
    incoming.malformed();
  };
  const incoming = readIncoming({
    socket,
    tcp,
    rate: config.RATE_LIMIT,
    close,
    take(text) {
      const parsed = text === undefined ? NOT_TEXT : parseClientFrame(text);
      if (parsed.ok) return handle(parsed.frame);
      refuse(parsed.error, parsed.inReplyTo);
      return undefined;
    },
    refuse(text, retryAfterMs) {
      const message = `At most ${config.RATE_LIMIT} frames a second; each 4 KiB of a frame count as one more.`;
      sendError({ code: 'rate_limited', message, details: { retryAfterMs } }, guessCorrelation(text));
    },
  });
  socket.on('close', end);
  socket.on('error', (err) => logger.debug({ err }, 'a connection broke'));

  return {
    get frames() {
      return session?.frames ?? 0;
    },
    tell(text) {
      if (session !== undefined) outgoing.send(text);
    },
    drain: incoming.drain,
    close,
  };
}
