import { z } from 'zod';
import type { AgentCaller, Duplex, Pushed, Sent, Unary } from '../contracts/contract.ts';
import {
  type AgentServices,
  agentServices,
  CONTRACTS,
  type Contracts,
  type RpcName,
} from '../contracts/index.ts';
import { routeLibraryLog } from '../library-log.ts';
import type { Logger } from '../logger.ts';
import { methodOf } from '../proto-definitions.ts';
import type { MemberTls } from '../tls.ts';
import { parseAnswer } from '../wire/parse.ts';
import { openConnection } from './grpc-connection.ts';
import { readStream } from './read-stream.ts';
import { type DuplexStream, openDuplex, openSendStream, type SendStream } from './send-stream.ts';

/** The additional result of registering, beside its answer; empty where the server gives no credential. */
const Credential = z.object({ credential: z.string() });

export interface ControlPlaneClientOptions {
  /** The server's gRPC address, e.g. `127.0.0.1:50051`. */
  readonly url: string;
  readonly joinToken?: string | undefined;
  /** @default not encrypted */
  readonly tls?: MemberTls | undefined;
  readonly logger: Logger;
  readonly deadlines?: {
    /** For an answer, in milliseconds, connecting included. @default 5000 */
    readonly callMs?: number;
    /** For the server to accept a stream, in milliseconds, connecting included. @default 5000 */
    readonly openStreamMs?: number;
  };
  /** A connection that was silent this long is pinged, in milliseconds. @default 10000 */
  readonly keepaliveMs?: number;
  /** A ping that is not answered in this time ends the connection, in milliseconds. @default 5000 */
  readonly keepaliveTimeoutMs?: number;
}

/** Options of a stream. */
export interface StreamOptions {
  /** Ends the iteration with `cancelled`. */
  readonly signal?: AbortSignal;
  /** Called when the server has accepted the stream, which may be long before the first item. */
  onOpen?(): void;
}

type CallOf<Contract> =
  Contract extends Unary<infer Request, infer Answer>
    ? (request: Request, signal?: AbortSignal) => Promise<Answer>
    : Contract extends Pushed<infer Request, infer Item, infer _Piece>
      ? // Leaving the loop ends the stream, which the server sees.
        (request: Request, options?: StreamOptions) => AsyncIterable<Item>
      : Contract extends Sent<infer Item>
        ? () => SendStream<Item>
        : Contract extends Duplex<infer Request, infer Event>
          ? (first: Request, options?: StreamOptions) => DuplexStream<Request, Event>
          : never;

/**
 * The RPCs of `parley.v1`. Every call throws a `ParleyError` with the code that the server gave; `unavailable` when the
 * server cannot be reached or does not answer within the deadline. A `signal` stops a call with `cancelled`.
 */
export interface ControlPlaneClient extends Rpcs {
  /** The server's services for one agent; `caller` is called for each call, since a registration can change it. */
  servicesFor(caller: () => AgentCaller): AgentServices;
  /**
   * Resolves when there is a connection.
   * @param timeoutMs in milliseconds. @default 5000
   * @throws ParleyError `unavailable` after that time
   */
  whenReady(timeoutMs?: number): Promise<void>;
  /**
   * The next call goes over a fresh channel: for a connection that does not heal by itself. Calls under way are not
   * touched; they end as they would have.
   */
  renewChannel(): void;
  /** Cancels every call and closes the connection. Idempotent. */
  close(): void;
}

export type Rpcs = { readonly [Name in RpcName]: CallOf<Contracts[Name]> };

/** Where the server itself waits, so much longer, in milliseconds, the call waits for its answer. */
const WAIT_MARGIN_MS = 5_000;

/** @throws Error when the join token has characters that cannot be sent */
export function createControlPlaneClient(options: ControlPlaneClientOptions): ControlPlaneClient {
  routeLibraryLog(options.logger);
  const callMs = options.deadlines?.callMs ?? 5_000;
  const openMs = options.deadlines?.openStreamMs ?? 5_000;
  const connection = openConnection({
    url: options.url,
    joinToken: options.joinToken,
    tls: options.tls,
    callMs,
    keepaliveMs: options.keepaliveMs ?? 10_000,
    keepaliveTimeoutMs: options.keepaliveTimeoutMs ?? 5_000,
  });

  const unary =
    <Request, Answer>(contract: Unary<Request, Answer>) =>
    async (request: Request, signal?: AbortSignal): Promise<Answer> => {
      const { request: wire, answer, waits, gives } = contract;
      const waitMs = waits?.(request);
      const deadlineMs = waitMs === undefined ? undefined : waitMs + WAIT_MARGIN_MS;
      const given = await connection.unary(methodOf(contract), wire.encode(request), signal, deadlineMs);
      const parsed = parseAnswer(answer.schema, given);
      if (gives !== undefined) connection.useCredential(parseAnswer(Credential, given).credential);
      return parsed;
    };
  const pushed = <Request, Item, Piece>(contract: Pushed<Request, Item, Piece>) =>
    async function* (
      request: Request,
      { signal, onOpen }: StreamOptions = {},
    ): AsyncGenerator<Item, void, void> {
      const call = connection.answerStream(methodOf(contract), contract.request.encode(request));
      yield* contract.join(readStream(call, { schema: contract.piece.schema, openMs, signal, onOpen }));
    };
  const callOf = (
    contract: Unary<never, unknown> | Pushed<never, unknown, never> | Sent<never> | Duplex<never, unknown>,
  ): unknown => {
    switch (contract.kind) {
      case 'unary':
        return unary(contract);
      case 'pushed':
        return pushed(contract);
      case 'sent':
        return () => openSendStream(connection, contract, callMs);
      case 'duplex':
        return (first: never, stream: StreamOptions = {}) =>
          openDuplex(connection, contract, first, { openMs, ...stream });
    }
  };
  const rpcs = Object.fromEntries(
    Object.entries(CONTRACTS).map(([name, contract]) => [name, callOf(contract as never)]),
  ) as unknown as Rpcs;

  return {
    ...rpcs,
    servicesFor: servicesFrom(rpcs),
    whenReady: (timeoutMs = 5_000) => connection.whenReady(timeoutMs),
    renewChannel: () => connection.renew(),
    close: () => connection.close(),
  };
}

export const servicesFrom =
  (rpcs: Rpcs): ControlPlaneClient['servicesFor'] =>
  (caller) =>
    agentServices((name) => {
      const call = rpcs[name] as (request: never, signal?: AbortSignal) => Promise<unknown>;
      return async (request: object, signal) => call({ ...caller(), ...request } as never, signal);
    });
