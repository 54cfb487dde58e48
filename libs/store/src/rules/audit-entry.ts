import { createHash } from 'node:crypto';
import {
  type AuditEntry,
  type AuditInput,
  canonicalJson,
  hashedText,
  storableText,
} from '@parley/shared-models';

/** Where the chain stands. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** The entry that follows. @param at ISO 8601 */
export function nextEntry(head: AuditHead, input: AuditInput, at: string): AuditEntry {
  // By way of JSON, so that the hashed content is the one that will be read: without fields that are undefined.
  const content = JSON.parse(canonicalJson({ ...input, seq: head.seq + 1, at })) as Omit<
    AuditEntry,
    'hash' | 'prevHash'
  >;
  const unhashed = { ...content, prevHash: head.hash };
  return { ...unhashed, hash: createHash('sha256').update(hashedText(unhashed)).digest('hex') };
}

/** The row of an entry: the text that was hashed, and the columns by which entries are found. */
export interface AuditRow {
  readonly seq: number;
  readonly action: string;
  readonly actor_id: string;
  readonly agent_id: string | null;
  readonly subject_id: string | null;
  readonly entry: string;
}

/**
 * The entry as it was hashed, made again to the letter from its JSON. A column that says something else was changed behind
 * Parley's back, and lists are found by it: its value then stands in the entry, whose hash no longer fits. An entry that is
 * no JSON any more has its columns only.
 */
export function auditEntryOf(row: AuditRow): AuditEntry {
  const entry = parsed(row.entry);
  const actor = (entry.actor ?? {}) as Partial<AuditEntry['actor']>;
  const differs = (column: string | null, value: unknown): boolean =>
    column !== (typeof value === 'string' ? storableText(value) : null);
  return {
    ...entry,
    ...(row.seq === entry.seq ? {} : { seq: row.seq }),
    ...(differs(row.action, entry.action) ? { action: row.action } : {}),
    ...(differs(row.actor_id, actor.id) ? { actor: { ...actor, id: row.actor_id } } : {}),
    ...(differs(row.agent_id, entry.agentId) ? { agentId: row.agent_id ?? undefined } : {}),
    ...(differs(row.subject_id, entry.subjectId) ? { subjectId: row.subject_id ?? undefined } : {}),
  } as AuditEntry;
}

function parsed(text: string): Partial<AuditEntry> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch (error) {
    // The verifier names it as one that is no entry.
    return { result: error instanceof Error ? error.message : String(error) };
  }
}
