import type { User } from '@parley/shared-models';

/** The user where nobody has to sign in: on loopback, one person at their own machine. */
export const LOCAL_USER: User = { id: 'local', name: 'You', roles: ['admin'] };
