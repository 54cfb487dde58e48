import { createHash, timingSafeEqual } from 'node:crypto';
import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { ParleyError } from '@parley/shared-models';
import { type BoundToken, forAnother, readBoundToken } from '../bound-token.ts';
import { CONTRACTS } from '../contracts/index.ts';
import { contractAt, pathOf } from '../contracts/paths.ts';
import { bearer } from '../join-token.ts';
import { statusOf } from '../wire/error-status.ts';
import { agentIn } from './credentials.ts';
import type { RefusedCall } from './refusal-log.ts';

/** Orchestrators ask for health and have no token. */
const OPEN_TO_ALL = '/grpc.health.v1.Health/';

/** A caller that is not a broker gets the status that any member may know. */
const OPEN_TO_BOUND = [
  CONTRACTS.getAgentStatus,
  CONTRACTS.subscribeToAgentStatus,
  // The handler of registerAgent checks which agent it registers.
  CONTRACTS.work,
].map(pathOf);

const REGISTER_AGENT = pathOf(CONTRACTS.registerAgent);

const OTHER_ACCOUNT =
  'This server takes in processes of the account that runs it. For others set JOIN_TOKEN, the same at the server and here.';

/** The two ends of a connection, as the server sees them. */
export interface ConnectionEnds {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** The join token of a call. */
export interface JoinTokens {
  /**
   * The holder that the call's token admits: anybody with the server's own, one agent with a token that is bound to it.
   * @throws ParleyError `unauthenticated`
   */
  admissionOf(metadata: Metadata): 'anybody' | BoundToken;
  /** Makes the call one with the server's own token. */
  admitAnybody(metadata: Metadata): void;
}

/**
 * @param token the server's own
 * @param isRevoked of a token that is bound to an agent, by its id
 * @throws Error when no client could send that token
 */
export function createJoinTokens(token: string, isRevoked: (tokenId: string) => boolean): JoinTokens {
  const expected = digest(bearer(token));
  return {
    admissionOf(metadata) {
      const [given = '', ...more] = metadata.get('authorization').map(String);
      const refuse = (text: string): ParleyError => new ParleyError('unauthenticated', text);
      if (more.length > 0) throw refuse('There is more than one join token.');
      if (timingSafeEqual(digest(given), expected)) return 'anybody';
      const bound = readBoundToken(token, /^Bearer (.*)$/.exec(given)?.[1] ?? '');
      if (bound === undefined) throw refuse('The join token is missing or wrong.');
      if (bound.expiresAt * 1000 <= Date.now()) throw refuse('The join token has expired.');
      if (isRevoked(bound.tokenId)) throw refuse('The join token was revoked.');
      return bound;
    },
    admitAnybody: (metadata) => metadata.set('authorization', bearer(token)),
  };
}

/**
 * Refuses every RPC, except health, that does not carry `authorization: Bearer <token>`; with a token that is bound to an
 * agent, every registration but its own and every call in the name of somebody else; it may also ask which agents there
 * are.
 * @param isTrusted whether the peer of a connection needs no token. @default no peer
 */
export function requireJoinToken(
  tokens: JoinTokens,
  onRefused: (refused: RefusedCall) => void,
  isTrusted?: (connection: ConnectionEnds) => Promise<boolean>,
): ServerInterceptor {
  return (method, call) => {
    if (method.path.startsWith(OPEN_TO_ALL)) return new ServerInterceptingCall(call);
    let admission: 'anybody' | BoundToken = 'anybody';
    let received: Metadata;
    /** The requests after the first one of a member's stream come from the same member. */
    let isKnown = false;
    const refuse = (error: unknown, agentId?: string): void => {
      const refused = { kind: 'join_token', peer: call.getPeer(), method: method.path } as const;
      onRefused(agentId === undefined ? refused : { ...refused, agentId });
      call.sendStatus(statusOf(error));
    };
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata: Metadata, receive) {
            received = metadata;
            try {
              admission = tokens.admissionOf(metadata);
            } catch (error) {
              if (isTrusted === undefined) return refuse(error);
              return void isTrusted(call.getConnectionInfo()).then((isSo) => {
                if (!isSo) return refuse(new ParleyError('unauthenticated', OTHER_ACCOUNT));
                tokens.admitAnybody(metadata);
                receive(metadata);
              }, refuse);
            }
            receive(metadata);
          },
          onReceiveMessage(message: unknown, receive) {
            if (isKnown || admission === 'anybody' || isAllowed(method.path, message, admission)) {
              isKnown = contractAt(method.path)?.caller === 'member';
              return receive(message);
            }
            refuse(forAnother(admission), admission.agentId);
          },
        });
      },
      sendMessage(message, next) {
        try {
          // The answer may come long after the question: the token must count then, too.
          if (admission !== 'anybody') tokens.admissionOf(received);
          next(message);
        } catch (error) {
          refuse(error);
        }
      },
    });
  };
}

function isAllowed(path: string, message: unknown, bound: BoundToken): boolean {
  if (OPEN_TO_BOUND.includes(path)) return true;
  if (path !== REGISTER_AGENT) return agentIn(message)?.agentId === bound.agentId;
  const { agentId, profile } = message as { agentId?: unknown; profile?: { group?: unknown } | null };
  return agentId === bound.agentId && profile?.group === bound.group;
}

/** Digests have one length for any text: `timingSafeEqual` needs that, and it keeps the length secret. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
