import { ParleyError, type User } from '@parley/shared-models';
import type { Authenticator } from '../../users/authenticator.ts';

/** Ids that Parley itself gives to owners of conversations. */
const RESERVED = /^(?:agent|external|system):/;
const LENGTH = 128;

/**
 * Who speaks by `/ws/:userId`: whoever the path names, as a member. Nobody proves it, so that it is only for servers where
 * nobody has to sign in.
 * @throws ParleyError `forbidden` where people sign in, `invalid_request` when the id can be none
 */
export function userOfPath(userId: string, authenticator: Pick<Authenticator, 'isRequired'>): User {
  if (authenticator.isRequired) {
    throw new ParleyError('forbidden', 'People sign in here: connect to /ws and send the token with hello.');
  }
  const isId = userId.length >= 1 && userId.length <= LENGTH && !/\p{C}/u.test(userId);
  if (!isId || userId.trim() !== userId || RESERVED.test(userId)) {
    throw new ParleyError('invalid_request', `A user id has 1 to ${LENGTH} visible characters.`, {
      details: { path: 'params.userId' },
    });
  }
  return { id: userId, name: userId, roles: ['member'] };
}
