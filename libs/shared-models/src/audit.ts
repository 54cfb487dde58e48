import { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';
import { Timestamp } from './chat-message.ts';
import { JsonValue } from './json-value.ts';
import { storableId } from './visible-text.ts';

/** Actions that the audit records. */
export const AuditAction = z.enum([
  'command.run',
  'command.refused',
  'command.approved',
  'command.rejected',
  'command.cancelled',
  'command.ended',
  'agent.pause',
  'agent.resume',
  'agent.deregister',
  'agent.reregister',
  'agent.shutdown',
  'agent.registered',
  'agent.replaced',
  'queues.reset',
  'dead_letter.replayed',
  'dead_letter.discarded',
  'sign_in.refused',
  'permission.refused',
  'join.refused',
  'credential.refused',
  'token.revoked',
]);
export type AuditAction = z.infer<typeof AuditAction>;

/** The actor: a person, an agent's process, or the server by itself. */
export const AuditActor = z.object({
  kind: z.enum(['user', 'agent', 'server']),
  id: z.string().max(128),
  name: z.string().max(128),
});
export type AuditActor = z.infer<typeof AuditActor>;

/** A new entry; the store adds the number, the time and the hashes. */
export const AuditInput = z.object({
  action: AuditAction,
  actor: AuditActor,
  /** Address that it came from, e.g. `127.0.0.1`; absent for the server's own actions. */
  remoteAddress: z.string().max(64).optional(),
  /** The agent that it was done to. */
  agentId: z.string().max(128).optional(),
  /** The object of the action: a command's or dead letter's id. */
  subjectId: z.string().max(128).optional(),
  /** The result: `ok`, a command's final state, or an error's code. */
  result: z.string().max(64),
  /** More about it, e.g. the command line. */
  details: z.record(z.string(), JsonValue).optional(),
});
export type AuditInput = z.infer<typeof AuditInput>;

/** 64 hexadecimal digits. */
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 has 64 hexadecimal digits');

/** One entry; each is chained to the one before. */
export const AuditEntry = AuditInput.extend({
  /** From 1, without gaps. */
  seq: z.number().int().positive(),
  at: Timestamp,
  /** `hash` of the entry before; of the first one 64 zeros. */
  prevHash: Sha256,
  /** SHA-256 of `prevHash` followed by the canonical JSON of the entry without `prevHash` and `hash`. */
  hash: Sha256,
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** `GET /api/audit`: newest first. */
export const AuditPage = z.object({
  entries: z.array(AuditEntry),
  /** Whether there are older ones: ask again with `before` set to the last one's `seq`. */
  hasMore: z.boolean(),
});
export type AuditPage = z.infer<typeof AuditPage>;

/**
 * The state of the audit's chain at some moment, as a server ships it outside: one line of JSON. Kept out of
 * reach of those with access to the store, it shows later whether entries up to `seq` were cut off or written anew.
 */
export const AuditHead = z.object({
  type: z.literal('parley.audit-head'),
  seq: z.number().int().nonnegative(),
  hash: Sha256,
  at: Timestamp,
  /** Ed25519 over the canonical JSON of the other fields, in base64; only with `AUDIT_HEAD_KEY_FILE`. */
  signature: z.base64().max(128).optional(),
});
export type AuditHead = z.infer<typeof AuditHead>;

/** The bytes of a head that are signed. */
export function signedText({ signature: _, ...head }: AuditHead): string {
  return canonicalJson(head);
}

/** Body of `POST /api/tokens/revoke`. */
export const TokenRevocation = z.object({
  /** The `jti` of a person's token, or the id of a join token that is bound to an agent. */
  tokenId: storableId(128),
});
export type TokenRevocation = z.infer<typeof TokenRevocation>;
