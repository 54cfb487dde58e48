import { SignJWT } from 'jose';
import type { ServerConfig } from '../config.ts';

/** A day: who holds it has the secret as well, and each new one cuts the connection. */
const LIFETIME = '24h';

/** A token for a part of Parley in the server's own process, which speaks for an operator of this id. */
export function makeOwnToken(
  secret: string,
  { id, name }: { readonly id: string; readonly name: string },
  { AUTH_ISSUER, AUTH_AUDIENCE }: Pick<ServerConfig, 'AUTH_ISSUER' | 'AUTH_AUDIENCE'>,
): Promise<string> {
  const token = new SignJWT({ name, roles: ['operator'] })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(id)
    .setIssuedAt()
    .setExpirationTime(LIFETIME);
  if (AUTH_ISSUER !== undefined) token.setIssuer(AUTH_ISSUER);
  if (AUTH_AUDIENCE !== undefined) token.setAudience(AUTH_AUDIENCE);
  return token.sign(new TextEncoder().encode(secret));
}
