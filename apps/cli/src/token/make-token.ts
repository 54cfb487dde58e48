import { BOUND_TOKEN_HOURS, boundToken } from '@parley/control-plane';
import { ConfigError, loadConfig } from '@parley/process-kit';
import { AgentId, newId } from '@parley/shared-models';
import { decodeJwt, SignJWT } from 'jose';
import { z } from 'zod';
import { CommandFailure, EXIT } from '../exit-codes.ts';

const SECRET_LENGTH = 32;
const SIGN_IN_HOURS = 12;

const inHours = (hours: number): number => Math.floor(Date.now() / 1000 + hours * 3600);

/** Options of the command line; some fit only one kind of token. */
export interface TokenOptions {
  readonly sub?: string;
  readonly name?: string;
  readonly roles: readonly string[];
  /** How long it is valid, in hours. @default 12; 90 days for an agent */
  readonly expires?: number;
  readonly issuer?: string;
  readonly audience?: string;
  readonly agent?: string;
  readonly group?: string;
}

/** @throws CommandFailure when an argument or the secret is missing or wrong */
export function joinToken(
  id: string,
  { group, expires = BOUND_TOKEN_HOURS }: Pick<TokenOptions, 'group' | 'expires'>,
  secret: string,
): string {
  const agentId = AgentId.safeParse(id);
  if (!agentId.success) throw new CommandFailure(EXIT.usage, `--agent ${id}: this is no agent's id.`);
  if (group === undefined || group === '')
    throw new CommandFailure(EXIT.usage, 'Say with --group which group the agent may join.');
  if (secret === '') throw new CommandFailure(EXIT.usage, "Set JOIN_TOKEN to the server's own.");
  return boundToken(secret, { agentId: agentId.data, group }, { expiresAt: inHours(expires) });
}

/** @throws CommandFailure when an argument or the secret is missing or too short */
export function signInToken(
  { sub, name, roles, expires = SIGN_IN_HOURS, issuer, audience }: TokenOptions,
  secret: string,
): Promise<string> {
  if (sub === undefined) throw new CommandFailure(EXIT.usage, 'Say with --sub whom the token is for.');
  if (secret.length < SECRET_LENGTH) {
    throw new CommandFailure(
      EXIT.usage,
      `Set AUTH_SECRET to the server's own, of at least ${SECRET_LENGTH} characters.`,
    );
  }
  const token = new SignJWT({ roles: [...roles], ...(name === undefined ? {} : { name }) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(sub)
    .setIssuedAt()
    .setJti(newId())
    .setExpirationTime(inHours(expires));
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return token.sign(new TextEncoder().encode(secret));
}

/**
 * A secret as the server reads it: from the variable, or from the file that `<name>_FILE` names. Empty: neither is set.
 * @throws CommandFailure when both are set, or the file cannot be read
 */
export function secretOf(name: 'AUTH_SECRET' | 'JOIN_TOKEN'): string {
  try {
    return loadConfig(z.object({ [name]: z.string().default('') }))[name] ?? '';
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandFailure(EXIT.usage, error.message);
    throw error;
  }
}

/**
 * The id by which a token is revoked; the token itself may be given, or that id.
 * @throws CommandFailure for a token without one
 */
export function tokenIdOf(given: string): string {
  if (!given.includes('.')) return given;
  try {
    const [prefix, fields = ''] = given.split('.');
    if (prefix !== 'parley-agent') return z.string().min(1).parse(decodeJwt(given).jti);
    const [, , tokenId] = JSON.parse(Buffer.from(fields, 'base64url').toString('utf8'));
    return z.string().min(1).parse(tokenId);
  } catch {
    throw new CommandFailure(EXIT.usage, 'This is no token with an id: it can only be left to expire.');
  }
}
