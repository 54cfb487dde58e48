import type { OutboxEntry } from '@parley/requests';
import type { Prepare } from '@parley/sqlite';
import { type DueRow, dueEntryOf } from '../rows.ts';

/** For use inside a transaction. */
export interface SqliteOutbox {
  take(options: { limit: number; olderThanMs: number; leaseMs: number }): OutboxEntry[];
  renew(): void;
}

export function createSqliteOutbox(prepare: Prepare, now: () => number): SqliteOutbox {
  // Times that lie ahead further than they can were written before the clock was set back.
  const findDue = prepare.all<DueRow>(`
    SELECT messages.*, target, session, attempt, hops
    FROM requests JOIN messages ON messages.id = requests.message_id
    WHERE outbox_since IS NOT NULL
      AND (outbox_since <= ?1 - ?2 OR outbox_since > ?1)
      AND (leased_until IS NULL OR leased_until <= ?1 OR leased_until > ?1 + ?3)
    ORDER BY outbox_since, requests.seq LIMIT ?4`);
  const lease = prepare.change('UPDATE requests SET leased_until = ? WHERE message_id = ?');
  const renew = prepare.change(`
    UPDATE requests SET attempt = attempt + 1, outbox_since = 0, leased_until = NULL
    WHERE outbox_since IS NOT NULL`);
  return {
    renew: () => void renew(),
    take({ limit, olderThanMs, leaseMs }) {
      const at = now();
      const due = findDue(at, olderThanMs, leaseMs, limit);
      for (const { id } of due) lease(at + leaseMs, id);
      return due.map(dueEntryOf);
    },
  };
}
