import { createHash } from 'node:crypto';
import { type AuditEntry, type AuditInput, canonicalJson, hashedText } from '@parley/shared-models';

/** Where the chain stands. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** The entry that follows. @param at ISO 8601 */
export function nextEntry(head: AuditHead, input: AuditInput, at: string): AuditEntry {
  // By way of JSON, so that what is hashed is what will be read: without fields that are undefined.
  const content = JSON.parse(canonicalJson({ ...input, seq: head.seq + 1, at })) as Omit<
    AuditEntry,
    'hash' | 'prevHash'
  >;
  const unhashed = { ...content, prevHash: head.hash };
  return { ...unhashed, hash: createHash('sha256').update(hashedText(unhashed)).digest('hex') };
}

export interface AuditRow {
  readonly entry: string;
}

/** Kept whole as JSON, so that the text that was hashed can be made again to the letter. */
export const auditEntryOf = ({ entry }: AuditRow): AuditEntry => JSON.parse(entry) as AuditEntry;
