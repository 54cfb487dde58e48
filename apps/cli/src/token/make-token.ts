import { boundToken } from '@parley/control-plane';
import { AgentId } from '@parley/shared-models';
import { SignJWT } from 'jose';
import { CommandFailure, EXIT } from '../exit-codes.ts';

const SECRET_LENGTH = 32;

/** What the command line says; not all of it goes with both kinds of token. */
export interface TokenOptions {
  readonly sub?: string;
  readonly name?: string;
  readonly roles: readonly string[];
  readonly hours: number;
  readonly issuer?: string;
  readonly audience?: string;
  readonly agent?: string;
  readonly group?: string;
}

/** @throws CommandFailure when an argument or the secret is missing or wrong */
export function joinToken(id: string, group: string | undefined, secret: string): string {
  const agentId = AgentId.safeParse(id);
  if (!agentId.success) throw new CommandFailure(EXIT.usage, `--agent ${id}: this is no agent's id.`);
  if (group === undefined || group === '')
    throw new CommandFailure(EXIT.usage, 'Say with --group which group the agent may join.');
  if (secret === '') throw new CommandFailure(EXIT.usage, "Set JOIN_TOKEN to the server's own.");
  return boundToken(secret, { agentId: agentId.data, group });
}

/** @throws CommandFailure when an argument or the secret is missing or too short */
export function signInToken(
  { sub, name, roles, hours, issuer, audience }: TokenOptions,
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
    .setExpirationTime(Math.floor(Date.now() / 1000 + hours * 3600));
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return token.sign(new TextEncoder().encode(secret));
}
