import type { AuditActor, User } from '@parley/shared-models';

/** The user and the address of a request. */
export interface Origin {
  readonly user: User;
  /** e.g. `127.0.0.1`; undefined when the connection is gone. */
  readonly remoteAddress: string | undefined;
}

/** The fields of an audit entry for the user and the address. */
export function enteredBy({ user, remoteAddress }: Origin): {
  actor: AuditActor;
  remoteAddress?: string;
} {
  return {
    actor: { kind: 'user', id: user.id, name: user.name },
    ...(remoteAddress === undefined ? {} : { remoteAddress: remoteAddress.slice(0, 64) }),
  };
}
