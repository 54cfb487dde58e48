import { type AuditEntry, type AuditInput, storableText } from '@parley/shared-models';
import type { Prepare } from '@parley/sqlite';
import type { AuditQuery } from '../ports/audit.ts';
import {
  AUDIT_COLUMNS,
  type AuditHead,
  type AuditRow,
  auditEntryOf,
  nextEntry,
} from '../rules/audit-entry.ts';

/** As `AuditStore`; `append` only inside a transaction, which also makes the chain one for all processes. */
export interface SqliteAudit {
  append(input: AuditInput): AuditEntry;
  list(query: AuditQuery): { entries: AuditEntry[]; hasMore: boolean };
  read(query: { afterSeq: number; limit: number }): AuditEntry[];
  head(): AuditHead;
}

export function createSqliteAudit(prepare: Prepare, now: () => number): SqliteAudit {
  const head = prepare.one<AuditHead>('SELECT seq, hash FROM audit_head');
  const saveHead = prepare.change('UPDATE audit_head SET seq = ?, hash = ?');
  const insert = prepare.change(
    'INSERT INTO audit (seq, action, actor_id, agent_id, subject_id, entry) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const list = prepare.all<AuditRow>(`
    SELECT seq, ${AUDIT_COLUMNS} FROM audit
    WHERE seq < ?1 AND (?2 IS NULL OR action = ?2) AND (?3 IS NULL OR actor_id = ?3)
      AND (?4 IS NULL OR agent_id = ?4) AND (?5 IS NULL OR subject_id = ?5)
    ORDER BY seq DESC LIMIT ?6`);
  const read = prepare.all<AuditRow>(
    `SELECT seq, ${AUDIT_COLUMNS} FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`,
  );
  const currentHead = (): AuditHead => {
    const found = head();
    if (found === undefined) throw new Error('the audit has no head');
    return { ...found };
  };
  return {
    append(input) {
      const entry = nextEntry(currentHead(), input, new Date(now()).toISOString());
      const text = (value: string | undefined): string | null =>
        value === undefined ? null : storableText(value);
      insert(
        entry.seq,
        entry.action,
        storableText(entry.actor.id),
        text(entry.agentId),
        text(entry.subjectId),
        JSON.stringify(entry),
      );
      saveHead(entry.seq, entry.hash);
      return entry;
    },
    list({ limit, before = Number.MAX_SAFE_INTEGER, action, actorId, agentId, subjectId }) {
      const rows = list(
        before,
        action ?? null,
        actorId ?? null,
        agentId ?? null,
        subjectId ?? null,
        limit + 1,
      );
      return { entries: rows.slice(0, limit).map(auditEntryOf), hasMore: rows.length > limit };
    },
    read: ({ afterSeq, limit }) => read(afterSeq, limit).map(auditEntryOf),
    head: currentHead,
  };
}
