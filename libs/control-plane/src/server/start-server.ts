import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { LIMITS, ParleyError } from '@parley/shared-models';
import type { ControlPlaneHandlers } from '../contracts/handlers.ts';
import { routeLibraryLog } from '../library-log.ts';
import type { Logger } from '../logger.ts';
import type { ServerTls } from '../tls.ts';
import { type Credentials, requireCredentials } from './credentials.ts';
import { addHealthService } from './health.ts';
import { type ConnectionEnds, createJoinTokens, type JoinTokens, requireJoinToken } from './join-tokens.ts';
import { limitOpenCalls } from './limit-open-calls.ts';
import { createRefusalLog, type RefusedCall } from './refusal-log.ts';
import type { OpenStream, OpenStreams } from './serve-stream.ts';
import { addServices } from './services.ts';

/** grpc-js reports why it could not listen in the text of its error only. */
const SYSTEM_CODE = /\b(E[A-Z]{4,})\b/;

const BIND_FAILURES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use by another process',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine does not have that address',
};

export interface ControlPlaneServerOptions {
  /** Address to listen on, e.g. `127.0.0.1`. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly handlers: ControlPlaneHandlers;
  /**
   * When given, every RPC except health needs it, or a token that is made of it for one agent (`boundToken`), as
   * `authorization: Bearer <token>`.
   */
  readonly joinToken?: string | undefined;
  /** Whether the peer of a connection needs no join token there. @default no peer */
  readonly isTrusted?: ((connection: ConnectionEnds) => Promise<boolean>) | undefined;
  /** Whether the token of this id, which is bound to an agent, counts no more. @default none is revoked */
  readonly isRevoked?: ((tokenId: string) => boolean) | undefined;
  /** When given, members get a credential when they register, and calls on their behalf must carry it. */
  readonly credentials?: Credentials | undefined;
  /** Called for every call that is refused for its join token or its credential; the log has a line a second of them. */
  readonly onRefused?: ((refused: RefusedCall) => void) | undefined;
  /**
   * Called for each new connection; returns the function to call when a member has identified itself on it, or undefined:
   * the connection is refused. @default all are taken
   */
  readonly admit?: ((socket: Socket) => (() => void) | undefined) | undefined;
  /** Calls of one address that need no credential, such as registering; ten seconds' worth at once. @default 200 */
  readonly openCallsPerSecond?: number;
  /** A connection without a call is closed after this time, in milliseconds. @default 60000 */
  readonly idleMs?: number;
  /** @default not encrypted */
  readonly tls?: ServerTls | undefined;
  readonly logger: Logger;
  /** A connection that was silent this long is pinged, in milliseconds. @default 10000 */
  readonly keepaliveMs?: number;
  /**
   * A ping that is not answered in this time ends the connection and its streams, in milliseconds. An agent's lease runs out
   * first: that tells a process that stands still from one that died. @default 10000
   */
  readonly keepaliveTimeoutMs?: number;
  /**
   * Largest request, in bytes; a larger one is refused with RESOURCE_EXHAUSTED. @default 2097152: the body of a message,
   * and the fields around it
   */
  readonly maxMessageBytes?: number;
  /** Messages that may wait for a slow subscriber before its stream is ended with RESOURCE_EXHAUSTED. @default 1024 */
  readonly maxPendingPerStream?: number;
}

export interface ControlPlaneServer {
  /** The port it listens on. */
  readonly port: number;
  /** The status that `grpc.health.v1.Health` answers; true from the start. */
  setServing(isServing: boolean): void;
  /**
   * Reports NOT_SERVING, takes no more connections, ends the streams with UNAVAILABLE so that their owners look for
   * another server, and waits for the calls in hand, at most `timeoutMs`.
   * @param timeoutMs in milliseconds. @default 5000
   */
  drain(timeoutMs?: number): Promise<void>;
  /** Cuts every connection. Idempotent. */
  stop(): Promise<void>;
}

/** Between two looks at the join tokens of open streams, in milliseconds. */
const TOKEN_LOOK_MS = 500;

/**
 * Serves `parley.v1` and `grpc.health.v1.Health`.
 * @throws Error when the join token has characters that cannot be sent
 * @throws Error with `code` (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, …), `address` and `port` when it cannot listen
 */
export async function startControlPlaneServer(
  options: ControlPlaneServerOptions,
): Promise<ControlPlaneServer> {
  const { host, logger, handlers, joinToken, credentials, tls } = options;
  routeLibraryLog(logger);
  const logRefusal = createRefusalLog(logger);
  const onRefused = (refused: RefusedCall): void => {
    logRefusal(refused);
    options.onRefused?.(refused);
  };
  const open: OpenStreams = new Set();
  /** By the connection's address and port: the function to call when a member has identified itself there. */
  const shown = new Map<string, () => void>();
  const onShown = (peer: string): void => shown.get(peer)?.();
  const joinTokens =
    joinToken === undefined ? undefined : createJoinTokens(joinToken, options.isRevoked ?? (() => false));
  const server = new Server({
    'grpc.keepalive_time_ms': options.keepaliveMs ?? 10_000,
    'grpc.keepalive_timeout_ms': options.keepaliveTimeoutMs ?? 10_000,
    'grpc.max_receive_message_length': options.maxMessageBytes ?? 2 * LIMITS.queueBodyBytes,
    'grpc.max_concurrent_streams': 1_000,
    'grpc.max_connection_idle_ms': options.idleMs ?? 60_000,
    // 'grpc.enable_channelz' must stay on: without it grpc-js 1.14 forgets its sessions, and `forceShutdown` cuts none.
    interceptors: [
      limitOpenCalls(options.openCallsPerSecond ?? 200),
      ...(joinTokens === undefined ? [] : [requireJoinToken(joinTokens, onRefused, options.isTrusted)]),
      ...(credentials === undefined ? [] : [requireCredentials(credentials, onRefused, onShown)]),
    ],
  });
  const maxPending = options.maxPendingPerStream ?? 1_024;
  addServices(server, { handlers, logger, open, maxPending, credentials, joinTokens, onShown });
  const health = await addHealthService(server, open);
  const injector = server.createConnectionInjector(serverCredentials(tls));
  const listener = createServer({ noDelay: true }, (socket) => {
    const { remoteAddress, remotePort } = socket;
    const onShown = options.admit === undefined ? () => {} : options.admit(socket);
    // It broke before it was handed over, or there are too many.
    if (remoteAddress === undefined || onShown === undefined) {
      socket.destroy();
      return;
    }
    const peer = `${remoteAddress}:${remotePort}`;
    shown.set(peer, onShown);
    socket.once('close', () => shown.delete(peer));
    injector.injectConnection(socket);
  });
  const port = await listen(listener, host, options.port);

  const endStreams = (): void => {
    clearInterval(tokenTimer);
    const leaving = new ParleyError('unavailable', 'The server is shutting down.');
    for (const stream of [...open]) stream.end(leaving);
  };
  const tokenTimer =
    joinTokens === undefined
      ? undefined
      : setInterval(() => {
          for (const stream of [...open]) endIfOver(stream, joinTokens);
        }, TOKEN_LOOK_MS);
  return {
    port,
    setServing: (isServing) => health.setServing(isServing),
    async drain(timeoutMs = 5_000) {
      health.setServing(false);
      listener.close();
      endStreams();
      await finishCalls(server, timeoutMs);
    },
    async stop() {
      endStreams();
      listener.close();
      server.forceShutdown();
    },
  };
}

/** Ends a stream whose join token has expired or was revoked since it was opened. */
function endIfOver({ metadata, end }: OpenStream, joinTokens: JoinTokens): void {
  if (metadata === undefined) return;
  try {
    joinTokens.admissionOf(metadata);
  } catch (error) {
    end(error);
  }
}

function listen(listener: NetServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    listener.once('error', (error) => reject(bindError(error, host, port)));
    listener.listen(port, host, () => {
      const address = listener.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
    });
  });
}

function serverCredentials(tls: ServerTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { cert, key, clientCa } = tls;
  const pair = { cert_chain: cert, private_key: key };
  return ServerCredentials.createSsl(clientCa ?? null, [pair], clientCa !== undefined);
}

/** Resolves when the last call has been answered, or the time is over. */
function finishCalls(server: Server, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, timeoutMs);
    server.tryShutdown((error) => {
      clearTimeout(timer);
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}

interface BindError extends Error {
  /** The system's code, e.g. `EADDRINUSE`; absent when there was none. */
  code?: string;
  address: string;
  port: number;
}

/** The error of a server that could not listen, in the shape of Node's own. */
function bindError(cause: Error, host: string, port: number): BindError {
  const code = SYSTEM_CODE.exec(cause.message)?.[1];
  const reason = (code === undefined ? undefined : BIND_FAILURES[code]) ?? cause.message;
  const error = new Error(`gRPC cannot listen on ${host}:${port}: ${reason}`, { cause });
  return Object.assign(error, { address: host, port }, code === undefined ? {} : { code });
}
