import { createHmac, timingSafeEqual } from 'node:crypto';
import { newId, ParleyError } from '@parley/shared-models';
import { z } from 'zod';

/** The holder that a join token admits: this agent, in this group. */
export interface Bound {
  readonly agentId: string;
  readonly group: string;
}

export interface BoundToken extends Bound {
  /** UUIDv7, by which the token is revoked. */
  readonly tokenId: string;
  /** Unix time in seconds, from which on the token lets nobody in. */
  readonly expiresAt: number;
}

/** How long a token is good for where nothing is said, in hours: 90 days. */
export const BOUND_TOKEN_HOURS = 90 * 24;

const PREFIX = 'parley-agent.';
const SHAPE = /^parley-agent\.([\w-]+)\.([\w-]{43})$/;
const Fields = z.tuple([z.string(), z.string(), z.string(), z.number()]);

/**
 * A join token for one agent: its holder may register with this id and group only. The token names both, its own id and its
 * end, signed with the server's own join token (HMAC, RFC 2104).
 * @param options `expiresAt` in seconds since 1970. @default in 90 days
 */
export function boundToken(
  joinToken: string,
  { agentId, group }: Bound,
  options: { readonly expiresAt?: number; readonly tokenId?: string } = {},
): string {
  const expiresAt = options.expiresAt ?? Math.floor(Date.now() / 1000) + BOUND_TOKEN_HOURS * 3600;
  const token = { agentId, group, tokenId: options.tokenId ?? newId(), expiresAt };
  return encode(joinToken, token);
}

/** The error for a caller who shows another agent's token. */
export const forAnother = ({ agentId, group }: Bound): ParleyError =>
  new ParleyError('forbidden', `This join token is for the agent "${agentId}" in the group "${group}" only.`);

/**
 * Reads the token; undefined when it is not a bound token, or was signed with another one. Of the texts that would decode
 * to the same only one is taken. Whether it has expired is not looked at.
 */
export function readBoundToken(joinToken: string, token: string): BoundToken | undefined {
  const [, fields, signature] = SHAPE.exec(token) ?? [];
  if (fields === undefined || signature === undefined) return undefined;
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(sign(joinToken, fields)))) return undefined;
  // A token of an earlier version had no id and no end.
  const parsed = Fields.safeParse(JSON.parse(Buffer.from(fields, 'base64url').toString('utf8')));
  if (!parsed.success) return undefined;
  const [agentId, group, tokenId, expiresAt] = parsed.data;
  return { agentId, group, tokenId, expiresAt };
}

function encode(joinToken: string, { agentId, group, tokenId, expiresAt }: BoundToken): string {
  const fields = Buffer.from(JSON.stringify([agentId, group, tokenId, expiresAt])).toString('base64url');
  return `${PREFIX}${fields}.${sign(joinToken, fields)}`;
}

const sign = (joinToken: string, fields: string): string =>
  createHmac('sha256', joinToken).update(`${PREFIX}${fields}`).digest('base64url');
