import type { AuditActor, User } from '@parley/shared-models';

/** Who asks for something, and where from. */
export interface Origin {
  readonly user: User;
  /** e.g. `127.0.0.1`; undefined when the connection is gone. */
  readonly remoteAddress: string | undefined;
}

/** The fields of an audit entry that say who and where from. */
export function enteredBy({ user, remoteAddress }: Origin): {
  actor: AuditActor;
  remoteAddress?: string;
} {
  return {
    actor: { kind: 'user', id: user.id, name: user.name },
    ...(remoteAddress === undefined ? {} : { remoteAddress: remoteAddress.slice(0, 64) }),
  };
}
