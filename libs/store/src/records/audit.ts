import type { AuditEntry, AuditInput } from '@parley/shared-models';
import type { AuditQuery, AuditStore } from '../ports/audit.ts';
import { type AuditHead, auditEntryOf, nextEntry } from '../rules/audit-entry.ts';
import {
  all,
  type Database,
  type Filters,
  first,
  type Given,
  prepared,
  preparedList,
  run,
  type Work,
} from './database.ts';
import type { Tables } from './tables.ts';

export interface Audit extends AuditStore {
  /** For use inside a transaction, as the last thing that it locks, so that no two wait for each other. */
  appendAll(inputs: readonly AuditInput[]): Work<AuditEntry[]>;
}

export function createAudit({ db, forUpdate, read, serially, clock }: Database): Audit {
  const head = db.selectFrom('audit_head').select(['seq', 'hash']);
  const findHead = prepared(() => head);
  const lockHead = prepared(() => head.modifyEnd(forUpdate));
  const saveHead = prepared(({ seq, hash }: Given<AuditHead>) =>
    db.updateTable('audit_head').set({ seq, hash }),
  );
  const insert = prepared((row: Given<Tables['audit']>) =>
    db.insertInto('audit').values({
      seq: row.seq,
      action: row.action,
      actor_id: row.actor_id,
      agent_id: row.agent_id,
      subject_id: row.subject_id,
      entry: row.entry,
    }),
  );
  const entries = db
    .selectFrom('audit')
    .select(['seq', 'action', 'actor_id', 'agent_id', 'subject_id', 'entry']);
  const findAfter = prepared(({ afterSeq, limit }: Given<{ afterSeq: number; limit: number }>) =>
    entries.where('seq', '>', afterSeq).orderBy('seq').limit(limit),
  );
  const findBefore = preparedList(
    ({ before, action, actorId, agentId, subjectId, limit }: Filters<AuditQuery>) => {
      let query = entries.orderBy('seq', 'desc').limit(limit);
      if (before !== undefined) query = query.where('seq', '<', before);
      if (action !== undefined) query = query.where('action', '=', action);
      if (actorId !== undefined) query = query.where('actor_id', '=', actorId);
      if (agentId !== undefined) query = query.where('agent_id', '=', agentId);
      if (subjectId !== undefined) query = query.where('subject_id', '=', subjectId);
      return query;
    },
  );

  function* headBy(find: typeof findHead): Work<AuditHead> {
    const found = yield* first(find({}));
    if (found === undefined) throw new Error('the audit has no head');
    return { ...found };
  }

  function* appendAll(inputs: readonly AuditInput[]): Work<AuditEntry[]> {
    if (inputs.length === 0) return [];
    // Locked until the transaction ends: the next entry waits for this one.
    let last = yield* headBy(lockHead);
    const added = inputs.map((input) => {
      const entry = nextEntry(last, input, new Date(clock()).toISOString());
      last = entry;
      return entry;
    });
    yield* run(
      ...added.map((entry) =>
        insert({
          seq: entry.seq,
          action: entry.action,
          actor_id: entry.actor.id,
          agent_id: entry.agentId ?? null,
          subject_id: entry.subjectId ?? null,
          entry: JSON.stringify(entry),
        }),
      ),
      saveHead(last),
    );
    return added;
  }

  return {
    appendAll,
    append: serially(appendAll),
    list: (query) =>
      read(function* () {
        const rows = yield* all(findBefore({ ...query, limit: query.limit + 1 }));
        return { entries: rows.slice(0, query.limit).map(auditEntryOf), hasMore: rows.length > query.limit };
      }),
    read: (page) =>
      read(function* () {
        return (yield* all(findAfter(page))).map(auditEntryOf);
      }),
    head: () => read(() => headBy(findHead)),
  };
}
