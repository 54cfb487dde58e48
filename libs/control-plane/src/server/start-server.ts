import { Server, ServerCredentials } from '@grpc/grpc-js';
import { ParleyError } from '@parley/shared-models';
import type { ControlPlaneHandlers } from '../control-plane.ts';
import { routeLibraryLog } from '../library-log.ts';
import type { Logger } from '../logger.ts';
import type { ServerTls } from '../tls.ts';
import { bindError } from './bind-error.ts';
import { type Credentials, requireCredentials } from './credentials.ts';
import { addHealthService } from './health.ts';
import { type ConnectionEnds, createJoinTokens, type JoinTokens, requireJoinToken } from './join-tokens.ts';
import { createRefusalLog, type RefusedCall } from './refusal-log.ts';
import type { OpenStream, OpenStreams } from './serve-stream.ts';
import { addServices } from './services.ts';

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
  /** Whether who opened a connection needs no join token there. @default nobody */
  readonly isTrusted?: ((connection: ConnectionEnds) => Promise<boolean>) | undefined;
  /** Whether the token of this id, which is bound to an agent, counts no more. @default none is revoked */
  readonly isRevoked?: ((tokenId: string) => boolean) | undefined;
  /** When given, members get a credential when they register, and what speaks for them must carry it. */
  readonly credentials?: Credentials | undefined;
  /** Called for every call that is refused for its join token or its credential; the log has a line a second of them. */
  readonly onRefused?: ((refused: RefusedCall) => void) | undefined;
  /** @default not encrypted */
  readonly tls?: ServerTls | undefined;
  readonly logger: Logger;
  /** A connection that was silent this long is pinged, in milliseconds. @default 10000 */
  readonly keepaliveMs?: number;
  /** A ping that is not answered in this time ends the connection and its streams, in milliseconds. @default 5000 */
  readonly keepaliveTimeoutMs?: number;
  /** Largest request, in bytes; a larger one is refused with RESOURCE_EXHAUSTED. @default 1048576 */
  readonly maxMessageBytes?: number;
  /** Messages that may wait for a slow subscriber before its stream is ended with RESOURCE_EXHAUSTED. @default 1024 */
  readonly maxPendingPerStream?: number;
}

export interface ControlPlaneServer {
  /** The port it listens on. */
  readonly port: number;
  /** What `grpc.health.v1.Health` answers; true from the start. */
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
  const joinTokens =
    joinToken === undefined ? undefined : createJoinTokens(joinToken, options.isRevoked ?? (() => false));
  const server = new Server({
    'grpc.keepalive_time_ms': options.keepaliveMs ?? 10_000,
    'grpc.keepalive_timeout_ms': options.keepaliveTimeoutMs ?? 5_000,
    'grpc.max_receive_message_length': options.maxMessageBytes ?? 1024 * 1024,
    'grpc.max_concurrent_streams': 1_000,
    // 'grpc.enable_channelz' must stay on: without it grpc-js 1.14 forgets its sessions, and `forceShutdown` cuts none.
    interceptors: [
      ...(joinTokens === undefined ? [] : [requireJoinToken(joinTokens, onRefused, options.isTrusted)]),
      ...(credentials === undefined ? [] : [requireCredentials(credentials, onRefused)]),
    ],
  });
  const maxPending = options.maxPendingPerStream ?? 1_024;
  addServices(server, { handlers, logger, open, maxPending, credentials, joinTokens });
  const health = await addHealthService(server, open);
  const port = await listen(server, host, options.port, tls);

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
      endStreams();
      await finishCalls(server, timeoutMs);
    },
    async stop() {
      endStreams();
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

function listen(server: Server, host: string, port: number, tls: ServerTls | undefined): Promise<number> {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, serverCredentials(tls), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(bindError(error, host, port));
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
