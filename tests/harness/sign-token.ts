import { SignJWT } from 'jose';

/** For a system that is started with it: people sign in with tokens of this secret. */
export const AUTH_SECRET = 'a secret of at least 32 characters';

/** The token of a person, good for some minutes. */
export function signToken(userId: string, ...roles: readonly string[]): Promise<string> {
  return new SignJWT({ roles })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setExpirationTime('10m')
    .sign(new TextEncoder().encode(AUTH_SECRET));
}
