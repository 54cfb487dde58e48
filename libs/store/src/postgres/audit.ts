import type { AuditEntry, AuditInput } from '@parley/shared-models';
import type pg from 'pg';
import type { AuditStore } from '../ports/audit.ts';
import {
  AUDIT_COLUMNS,
  type AuditHead,
  type AuditRow,
  auditEntryOf,
  nextEntry,
} from '../rules/audit-entry.ts';
import { query, type Statement } from './connection.ts';
import type { Database } from './database.ts';

const HEAD_COLUMNS = 'seq::float8 AS seq, hash';
/** Locked until the transaction ends: whoever adds the next entry waits for this one. */
const LOCK_HEAD: Statement = {
  name: 'lock-audit-head',
  text: `SELECT ${HEAD_COLUMNS} FROM audit_head FOR UPDATE`,
};
const HEAD: Statement = { name: 'audit-head', text: `SELECT ${HEAD_COLUMNS} FROM audit_head` };
const SAVE_HEAD: Statement = { name: 'save-audit-head', text: 'UPDATE audit_head SET seq = $1, hash = $2' };
const INSERT: Statement = {
  name: 'insert-audit',
  text: 'INSERT INTO audit (seq, action, actor_id, agent_id, subject_id, entry) VALUES ($1, $2, $3, $4, $5, $6)',
};
const LIST: Statement = {
  name: 'list-audit',
  text: `
    SELECT seq::float8 AS seq, ${AUDIT_COLUMNS} FROM audit
    WHERE audit.seq < $1 AND ($2::text IS NULL OR action = $2) AND ($3::text IS NULL OR actor_id = $3)
      AND ($4::text IS NULL OR agent_id = $4) AND ($5::text IS NULL OR subject_id = $5)
    ORDER BY audit.seq DESC LIMIT $6`,
};
const READ: Statement = {
  name: 'read-audit',
  text: `SELECT seq::float8 AS seq, ${AUDIT_COLUMNS} FROM audit WHERE audit.seq > $1 ORDER BY audit.seq LIMIT $2`,
};

/** Adds entries. For use inside a transaction, as the last thing that it locks, so that no two wait for each other. */
export async function appendAudit(
  client: pg.ClientBase,
  inputs: readonly AuditInput[],
): Promise<AuditEntry[]> {
  if (inputs.length === 0) return [];
  const { rows } = await query<AuditHead & pg.QueryResultRow>(client, LOCK_HEAD);
  let head: AuditHead | undefined = rows[0];
  if (head === undefined) throw new Error('the audit has no head');
  const entries: AuditEntry[] = [];
  for (const input of inputs) {
    const entry = nextEntry(head, input, new Date().toISOString());
    entries.push(entry);
    head = entry;
  }
  await Promise.all([
    ...entries.map((entry) =>
      query(client, INSERT, [
        entry.seq,
        entry.action,
        entry.actor.id,
        entry.agentId ?? null,
        entry.subjectId ?? null,
        JSON.stringify(entry),
      ]),
    ),
    query(client, SAVE_HEAD, [head.seq, head.hash]),
  ]);
  return entries;
}

interface Waiting {
  readonly input: AuditInput;
  readonly resolve: (entry: AuditEntry) => void;
  readonly reject: (error: unknown) => void;
}

export function createPostgresAudit(database: Database): AuditStore {
  let waiting: Waiting[] = [];
  let isWriting = false;

  /** Entries come one after another anyway: those that wait share a transaction, and one connection. */
  const write = async (): Promise<void> => {
    if (isWriting) return;
    isWriting = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        const entries = await database.transaction((client) =>
          appendAudit(
            client,
            group.map(({ input }) => input),
          ),
        );
        for (const [index, { resolve, reject }] of group.entries()) {
          const entry = entries[index];
          if (entry === undefined) reject(new Error('the audit entry was not stored'));
          else resolve(entry);
        }
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    isWriting = false;
  };

  return {
    append(input) {
      return new Promise((resolve, reject) => {
        waiting.push({ input, resolve, reject });
        write().catch(reject);
      });
    },
    async list({ limit, before, action, actorId, agentId, subjectId }) {
      const rows = await database.rows<AuditRow & pg.QueryResultRow>(LIST, [
        before ?? Number.MAX_SAFE_INTEGER,
        action ?? null,
        actorId ?? null,
        agentId ?? null,
        subjectId ?? null,
        limit + 1,
      ]);
      return { entries: rows.slice(0, limit).map(auditEntryOf), hasMore: rows.length > limit };
    },
    async read({ afterSeq, limit }) {
      return (await database.rows<AuditRow & pg.QueryResultRow>(READ, [afterSeq, limit])).map(auditEntryOf);
    },
    async head() {
      const [head] = await database.rows<AuditHead & pg.QueryResultRow>(HEAD, []);
      if (head === undefined) throw new Error('the audit has no head');
      return head;
    },
  };
}
