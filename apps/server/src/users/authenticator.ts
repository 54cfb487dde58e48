import { findHidden, nameText, ParleyError, Role, storableId, User } from '@parley/shared-models';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { ServerConfig } from '../config.ts';
import type { Caller, LocalAccess } from './local-access.ts';
import { LOCAL_USER } from './local-user.ts';

export interface SignedIn {
  readonly user: User;
  /** When the token runs out, in milliseconds since 1970; absent where nobody has to sign in. */
  readonly expiresAt?: number;
  /** The token's `jti`, by which it can be revoked; absent in a token without it. */
  readonly tokenId?: string;
}

/** Finds the user that a token speaks for. */
export interface Authenticator {
  /** Whether people have to show a token. */
  readonly isRequired: boolean;
  /**
   * @param caller where nobody has to sign in, it counts which account of this machine connects
   * @throws ParleyError `unauthenticated` when the token is missing, wrong or expired; `unavailable` when its key cannot be fetched
   */
  signIn(token: string | undefined, caller: Caller): Promise<SignedIn>;
}

type AuthConfig = Pick<
  ServerConfig,
  'AUTH_SECRET' | 'AUTH_JWKS_URL' | 'AUTH_ISSUER' | 'AUTH_AUDIENCE' | 'AUTH_DEFAULT_ROLE'
>;

/** Clocks of the issuer and of this machine may differ by this much. */
const CLOCK_TOLERANCE_SECONDS = 30;
const SIGNED_BY_KEY = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];

/**
 * JSON Web Tokens (RFC 7519) by a shared secret or by the issuer's published keys; without either, the local user.
 * @param access which processes may be the local user. @default all that reach the server
 * @param isRevoked of a token, by its `jti`
 */
export function createAuthenticator(
  config: AuthConfig,
  access: LocalAccess | undefined,
  isRevoked: (tokenId: string) => boolean = () => false,
): Authenticator {
  const verify = verifierOf(config);
  if (verify === undefined) {
    return {
      isRequired: false,
      async signIn(token, caller) {
        if (access !== undefined && !(await access.letsIn(token, caller))) throw refusal(access.refusal);
        return { user: LOCAL_USER };
      },
    };
  }
  const options: JWTVerifyOptions = {
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    requiredClaims: ['sub', 'exp'],
    ...(config.AUTH_ISSUER === undefined ? {} : { issuer: config.AUTH_ISSUER }),
    ...(config.AUTH_AUDIENCE === undefined ? {} : { audience: config.AUTH_AUDIENCE }),
  };
  return {
    isRequired: true,
    async signIn(token) {
      if (token === undefined || token === '') throw refusal('Sign in: a token is needed.');
      if (!isExact(token)) throw refusal('The token is not valid here.');
      const found = signedIn(await payloadOf(() => verify(token, options)), config.AUTH_DEFAULT_ROLE);
      if (found.tokenId !== undefined && isRevoked(found.tokenId)) throw refusal('The token was revoked.');
      return found;
    },
  };
}

/** Of the texts that decode to one signature only one is the token. */
function isExact(token: string): boolean {
  const [, signature] = /^[\w-]+\.[\w-]+\.([\w-]+)$/.exec(token) ?? [];
  return signature !== undefined && Buffer.from(signature, 'base64url').toString('base64url') === signature;
}

type Verify = (token: string, options: JWTVerifyOptions) => Promise<JWTPayload>;

/** Each kind of key takes its own algorithms only: a public key must never serve as a shared secret. */
function verifierOf({ AUTH_SECRET, AUTH_JWKS_URL }: AuthConfig): Verify | undefined {
  if (AUTH_SECRET !== undefined) {
    const key = new TextEncoder().encode(AUTH_SECRET);
    return async (token, options) =>
      (await jwtVerify(token, key, { ...options, algorithms: ['HS256'] })).payload;
  }
  if (AUTH_JWKS_URL === undefined) return undefined;
  const keys = createRemoteJWKSet(new URL(AUTH_JWKS_URL));
  return async (token, options) =>
    (await jwtVerify(token, keys, { ...options, algorithms: SIGNED_BY_KEY })).payload;
}

async function payloadOf(verify: () => Promise<JWTPayload>): Promise<JWTPayload> {
  try {
    return await verify();
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw refusal('The token has expired: sign in again.', error);
    if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
      throw new ParleyError('unavailable', 'The keys that tokens are checked with cannot be fetched.', {
        cause: error,
      });
    }
    throw refusal('The token is not valid here.', error);
  }
}

/**
 * Ids that Parley itself gives, to owners of conversations and to the user who need not sign in: no token may speak
 * for them.
 */
const RESERVED = new RegExp(`^(?:agent|external|system):|^${LOCAL_USER.id}$`);

const Claims = z.object({
  sub: z
    .string()
    .min(1)
    .max(128)
    .refine((sub) => !RESERVED.test(sub), 'is reserved')
    .refine((sub) => findHidden(sub) === undefined, 'has characters that are not visible'),
  /** One that could not be seen as it is does not count. */
  name: nameText(128).optional().catch(undefined),
  /** A list, or words separated by blanks; roles that Parley does not have belong to other applications. */
  roles: z.union([z.array(z.string()), z.string().transform((text) => text.split(' '))]).optional(),
  exp: z.number(),
  jti: storableId(128).optional(),
});

function signedIn(payload: JWTPayload, defaultRole: Role): SignedIn {
  const claims = Claims.safeParse(payload);
  if (!claims.success) {
    throw refusal(`The token's claims are not valid: ${claims.error.issues[0]?.path.join('.')}.`);
  }
  const { sub, name = sub, roles, exp, jti } = claims.data;
  const known = roles?.flatMap((role) => Role.safeParse(role).data ?? []) ?? [defaultRole];
  return {
    user: User.parse({ id: sub, name, roles: known }),
    expiresAt: exp * 1000,
    ...(jti === undefined ? {} : { tokenId: jti }),
  };
}

function refusal(message: string, cause?: unknown): ParleyError {
  return new ParleyError('unauthenticated', message, cause === undefined ? {} : { cause });
}

/** A day: its holder has the secret as well, and each new token cuts the connection. */
const OWN_TOKEN_LIFETIME = '24h';

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
    .setExpirationTime(OWN_TOKEN_LIFETIME);
  if (AUTH_ISSUER !== undefined) token.setIssuer(AUTH_ISSUER);
  if (AUTH_AUDIENCE !== undefined) token.setAudience(AUTH_AUDIENCE);
  return token.sign(new TextEncoder().encode(secret));
}
