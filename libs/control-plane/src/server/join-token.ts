import { createHash, timingSafeEqual } from 'node:crypto';
import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { ParleyError } from '@parley/shared-models';
import { bearer } from '../join-token.ts';
import { statusOf } from '../wire/error-status.ts';

/** Orchestrators ask for health and have no token. */
const OPEN_TO_ALL = '/grpc.health.v1.Health/';

/**
 * Refuses every RPC, except health, that does not carry `authorization: Bearer <token>`.
 * @throws Error when no client could send that token
 */
export function requireJoinToken(token: string): ServerInterceptor {
  const expected = digest(bearer(token));
  const isAllowed = (metadata: Metadata): boolean =>
    timingSafeEqual(digest(String(metadata.get('authorization')[0] ?? '')), expected);
  return (method, call) => {
    if (method.path.startsWith(OPEN_TO_ALL)) return new ServerInterceptingCall(call);
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, receive) {
            if (isAllowed(metadata)) return receive(metadata);
            call.sendStatus(
              statusOf(new ParleyError('unauthenticated', 'The join token is missing or wrong.')),
            );
          },
        });
      },
    });
  };
}

/** Digests have one length, whatever was sent: what `timingSafeEqual` needs, and what keeps the length secret. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
