import type { Metadata } from '@grpc/grpc-js';
import type { CallContext } from '../contracts/handlers.ts';
import { type Credentials, isFromBroker } from './credentials.ts';
import type { JoinTokens } from './join-tokens.ts';

/** The checks that identify a caller. */
export interface Admitting {
  /** Undefined: nobody has to show one. */
  readonly credentials?: Credentials | undefined;
  /** Undefined: nobody has to show one. */
  readonly joinTokens?: JoinTokens | undefined;
  /** Called with the address and port of a peer that has shown that it is a member. */
  readonly onShown: (peer: string) => void;
}

/** The context of a call. */
export function contextOf(
  call: { readonly metadata: Metadata; getPeer(): string },
  request: unknown,
  signal: AbortSignal,
  { credentials, joinTokens, onShown }: Admitting,
): CallContext {
  const { metadata } = call;
  // Worked out by the few handlers that want to know.
  return {
    peer: call.getPeer(),
    get token() {
      const admission = joinTokens?.admissionOf(metadata) ?? 'anybody';
      return admission === 'anybody' ? undefined : admission;
    },
    get isBroker() {
      if (credentials === undefined) return true;
      const { subscriberId } = (request ?? {}) as { readonly subscriberId?: string };
      return subscriberId !== undefined && isFromBroker(credentials, metadata, subscriberId);
    },
    hold: () => onShown(call.getPeer()),
    signal,
  };
}
