import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { ParleyError } from '@parley/shared-models';
import { contractAt } from '../contracts/paths.ts';
import { CREDENTIAL_FIELD } from '../credential-field.ts';
import { statusOf } from '../wire/error-status.ts';
import type { RefusedCall } from './refusal-log.ts';

/** Proves that a call comes from the registered member: an HMAC (RFC 2104) over the id, which only servers can make. */
export interface Credentials {
  forAgent(agentId: string, incarnation: number): string;
  forBroker(brokerId: string): string;
}

/** @param key a secret that all servers of one store share */
export function createCredentials(key: string): Credentials {
  const sign = (...parts: (string | number)[]): string =>
    createHmac('sha256', key).update(parts.join('\0')).digest('base64url');
  return {
    forAgent: (agentId, incarnation) => sign('agent', agentId, incarnation),
    forBroker: (brokerId) => sign('broker', brokerId),
  };
}

const NOBODYS = Symbol('a credential that nobody has');

/**
 * Refuses every request that speaks for an agent or a broker without its credential.
 * @param onShown called with the address and port of each call whose credential is right
 */
export function requireCredentials(
  credentials: Credentials,
  onRefused: (refused: RefusedCall) => void,
  onShown: (peer: string) => void = () => {},
): ServerInterceptor {
  /** `NOBODYS` where the request names nobody although it has to, undefined where anybody may make it. */
  const expectedFor = (path: string, message: unknown): string | typeof NOBODYS | undefined => {
    const agent = agentIn(message);
    if (agent !== undefined) return credentials.forAgent(agent.agentId, agent.incarnation);
    const caller = contractAt(path)?.caller;
    const { brokerId } = message as { brokerId?: unknown };
    const namesBroker = caller === 'member' && typeof brokerId === 'string' && brokerId !== '';
    if (caller === 'broker' || namesBroker) return credentials.forBroker(String(brokerId));
    return caller === 'agent' || caller === 'member' ? NOBODYS : undefined;
  };

  return (method, call) => {
    let given = '';
    /** The requests after the first one of a member's stream come from the same member. */
    let isKnown = false;
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata: Metadata, receive) {
            given = String(metadata.get(CREDENTIAL_FIELD)[0] ?? '');
            receive(metadata);
          },
          onReceiveMessage(message: unknown, receive) {
            if (isKnown) return receive(message);
            const expected = expectedFor(method.path, message);
            if (expected === undefined) {
              const { brokerId } = message as { brokerId?: unknown };
              if (brokerId !== undefined && isSame(given, credentials.forBroker(String(brokerId))))
                onShown(call.getPeer());
              return receive(message);
            }
            if (expected !== NOBODYS && isSame(given, expected)) {
              isKnown = contractAt(method.path)?.caller === 'member';
              onShown(call.getPeer());
              return receive(message);
            }
            const agentId = agentIn(message)?.agentId;
            onRefused({
              kind: 'credential',
              peer: call.getPeer(),
              method: method.path,
              ...(agentId === undefined ? {} : { agentId }),
            });
            const refused = 'The credential is missing or belongs to somebody else: register first.';
            call.sendStatus(statusOf(new ParleyError('unauthenticated', refused)));
          },
        });
      },
    });
  };
}

/** Every request of an agent carries its id and incarnation, those about memory inside the key. */
export function agentIn(message: unknown): { agentId: string; incarnation: number } | undefined {
  const { agentId, incarnation, key } = message as {
    agentId?: unknown;
    incarnation?: unknown;
    key?: { agentId?: unknown; incarnation?: unknown } | null;
  };
  if (incarnation !== undefined && agentId !== '')
    return { agentId: String(agentId), incarnation: Number(incarnation) };
  if (typeof key !== 'object' || key === null || key.incarnation === undefined) return undefined;
  return { agentId: String(key.agentId), incarnation: Number(key.incarnation) };
}

/** Whether the call comes from the broker of this id: one that has registered as it. */
export function isFromBroker(credentials: Credentials, metadata: Metadata, brokerId: string): boolean {
  return isSame(String(metadata.get(CREDENTIAL_FIELD)[0] ?? ''), credentials.forBroker(brokerId));
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
