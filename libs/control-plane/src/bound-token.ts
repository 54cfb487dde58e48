import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** Whom a join token lets in: this agent, in this group. */
export interface Bound {
  readonly agentId: string;
  readonly group: string;
}

const PREFIX = 'parley-agent.';
const Fields = z.tuple([z.string(), z.string()]);

/**
 * A join token for one agent: who holds it may register with this id and group only. It names both, signed with the
 * server's own join token (HMAC, RFC 2104), and is good for as long as that one is.
 */
export function boundToken(joinToken: string, { agentId, group }: Bound): string {
  const fields = Buffer.from(JSON.stringify([agentId, group])).toString('base64url');
  return `${PREFIX}${fields}.${sign(joinToken, fields)}`;
}

/** Whom the token lets in; undefined when it is no such token, or was signed with another one. */
export function readBoundToken(joinToken: string, token: string): Bound | undefined {
  if (!token.startsWith(PREFIX)) return undefined;
  const [fields = '', signature = ''] = token.slice(PREFIX.length).split('.');
  const [given, expected] = [Buffer.from(signature), Buffer.from(sign(joinToken, fields))];
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const [agentId, group] = Fields.parse(JSON.parse(Buffer.from(fields, 'base64url').toString('utf8')));
  return { agentId, group };
}

const sign = (joinToken: string, fields: string): string =>
  createHmac('sha256', joinToken).update(`${PREFIX}${fields}`).digest('base64url');
