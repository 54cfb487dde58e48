import { createHash, timingSafeEqual } from 'node:crypto';
import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { ParleyError } from '@parley/shared-models';
import { type Bound, readBoundToken } from '../bound-token.ts';
import { bearer } from '../join-token.ts';
import { statusOf } from '../wire/error-status.ts';
import type { RefusedCall } from './refusal-log.ts';

/** Orchestrators ask for health and have no token. */
const OPEN_TO_ALL = '/grpc.health.v1.Health/';

const REGISTER_AGENT = '/parley.v1.AgentRegistrationService/RegisterAgent';
const REGISTER_BROKER = '/parley.v1.BrokerRegistrationService/RegisterBroker';

/**
 * Refuses every RPC, except health, that does not carry `authorization: Bearer <token>`, and with a token that is bound
 * to an agent every registration but its own. What a member does after it has registered, its credential shows.
 * @throws Error when no client could send that token
 */
export function requireJoinToken(
  token: string,
  onRefused: (refused: RefusedCall) => void,
): ServerInterceptor {
  const expected = digest(bearer(token));
  return (method, call) => {
    if (method.path.startsWith(OPEN_TO_ALL)) return new ServerInterceptingCall(call);
    let bound: Bound | undefined;
    const refuse = (error: ParleyError, agentId?: string): void => {
      const refused = { kind: 'join_token', peer: call.getPeer(), method: method.path } as const;
      onRefused(agentId === undefined ? refused : { ...refused, agentId });
      call.sendStatus(statusOf(error));
    };
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata: Metadata, receive) {
            const given = String(metadata.get('authorization')[0] ?? '');
            if (!timingSafeEqual(digest(given), expected)) {
              bound = readBoundToken(token, /^Bearer (.*)$/.exec(given)?.[1] ?? '');
              if (bound === undefined)
                return refuse(new ParleyError('unauthenticated', 'The join token is missing or wrong.'));
            }
            receive(metadata);
          },
          onReceiveMessage(message: unknown, receive) {
            if (bound === undefined || isAllowed(method.path, message, bound)) return receive(message);
            const only = `This join token is for the agent "${bound.agentId}" in the group "${bound.group}" only.`;
            refuse(new ParleyError('forbidden', only), bound.agentId);
          },
        });
      },
    });
  };
}

function isAllowed(path: string, message: unknown, bound: Bound): boolean {
  if (path === REGISTER_BROKER) return false;
  if (path !== REGISTER_AGENT) return true;
  const { agentId, profile } = message as { agentId?: unknown; profile?: { group?: unknown } | null };
  return agentId === bound.agentId && profile?.group === bound.group;
}

/** Digests have one length, whatever was sent: what `timingSafeEqual` needs, and what keeps the length secret. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
