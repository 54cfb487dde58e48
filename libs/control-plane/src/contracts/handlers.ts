import type { BoundToken } from '../bound-token.ts';
import type { Duplex, Pushed, Sent, Unary } from './contract.ts';
import type { Contracts } from './index.ts';

/** The facts known about a call beside its request. */
export interface CallContext {
  /** The caller's address, e.g. `127.0.0.1:40312`. */
  readonly peer: string;
  /** Its join token, where that is good for one id and group only: then registering must give that very id. */
  readonly token?: BoundToken | undefined;
  /** Whether it has shown the credential of the broker that the request names by `subscriberId`; without credentials, everybody has. */
  readonly isBroker: boolean;
  /** The process has nothing in hand any more of the messages sent to it before. @default it may have */
  readonly beginsAnew?: boolean;
  /** It has shown that it is a member: its connection is not closed for the sake of a newer one. */
  hold(): void;
  /** Aborted when the caller has gone. That stops nothing but the wait. */
  readonly signal: AbortSignal;
}

/** A stream that the server pushes into; `end` closes it, with an error when one is given. */
export interface Push<T> {
  /** Returns false when the peer is slow and the stream's buffer is full: the stream is then ended by the control plane. */
  send(item: T): boolean;
  end(error?: Error): void;
  /** The peer is slow, and messages wait for it: messages that may be lost should not be sent now. */
  readonly isBehind: boolean;
  /** Resolves when nothing waits for the peer, or the stream is over. */
  caughtUp(): Promise<void>;
}

type HandlerOf<Contract> =
  Contract extends Unary<infer Request, infer Answer>
    ? (request: Request, context: CallContext) => Promise<Answer>
    : Contract extends Pushed<infer Request, infer Item, infer _Piece>
      ? // What is returned is called once, when the stream is gone.
        (request: Request, push: Push<Item>, context: CallContext) => Promise<() => void> | (() => void)
      : Contract extends Sent<infer Item>
        ? (item: Item, context: CallContext) => Promise<void>
        : Contract extends Duplex<infer Request, infer Event>
          ? (
              first: Request,
              /** The requests after the first one. Ends when the peer has ended its side, or is gone. */
              requests: AsyncIterable<Request>,
              push: Push<Event>,
              context: CallContext,
            ) => Promise<void>
          : never;

/**
 * The server's handler of each RPC. A `ParleyError` becomes the matching gRPC status with the code in the trailing
 * metadata `parley-code` and the details, as JSON, in `parley-details-bin`: `stale_incarnation` FAILED_PRECONDITION,
 * `not_found`, `not_registered` and `unknown_agent` NOT_FOUND, `unauthenticated` UNAUTHENTICATED, `forbidden`
 * PERMISSION_DENIED, `id_taken` ALREADY_EXISTS, `too_many_members` RESOURCE_EXHAUSTED, `unavailable`, `bus_unavailable`
 * and `store_unavailable` UNAVAILABLE, `not_supported` UNIMPLEMENTED, `id_conflict` ABORTED, `rate_limited`
 * RESOURCE_EXHAUSTED, `invalid_request` INVALID_ARGUMENT; any other code is INTERNAL with its text, any other error
 * INTERNAL without its text, which is logged.
 */
export type ControlPlaneHandlers = { [Name in keyof Contracts]: HandlerOf<Contracts[Name]> };
