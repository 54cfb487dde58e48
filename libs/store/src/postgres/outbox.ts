import { type DueRow, dueEntryOf, MESSAGE_COLUMNS } from '../rows.ts';
import type { Store } from '../store.ts';
import type { Statement } from './connection.ts';
import type { Database } from './database.ts';

// Whom another one is giving entries to at this moment is passed over, not waited for. Times that lie ahead further
// than they can were written before the clock was set back.
const TAKE: Statement = {
  name: 'take-outbox',
  text: `
    WITH due AS (
      SELECT message_id FROM requests
      WHERE outbox_since IS NOT NULL
        AND (outbox_since <= now() - $1::float8 * interval '1 millisecond' OR outbox_since > now() + interval '1 second')
        AND (leased_until IS NULL OR leased_until <= now() OR leased_until > now() + ($2::float8 + 1000) * interval '1 millisecond')
      ORDER BY outbox_since, seq LIMIT $3
      FOR UPDATE SKIP LOCKED
    ), taken AS (
      UPDATE requests SET leased_until = now() + $2::float8 * interval '1 millisecond'
      FROM due WHERE requests.message_id = due.message_id
      RETURNING requests.message_id, outbox_since, target, session, attempt, hops
    )
    SELECT ${MESSAGE_COLUMNS.split(', ')
      .map((column) => `messages.${column}`)
      .join(', ')}, target, session, attempt, hops
    FROM taken JOIN messages ON messages.id = taken.message_id
    ORDER BY outbox_since, seq`,
};

// Locked in the order of their ids, as groups of writes lock them, so that none waits for the other.
const RENEW: Statement = {
  name: 'renew-outbox',
  text: `
    WITH held AS (
      SELECT message_id FROM requests WHERE outbox_since IS NOT NULL ORDER BY message_id FOR UPDATE
    )
    UPDATE requests SET attempt = attempt + 1, outbox_since = to_timestamp(0), leased_until = NULL
    FROM held WHERE requests.message_id = held.message_id`,
};

export function takingOutbox(database: Database): Store['takeOutbox'] {
  return async ({ limit, olderThanMs, leaseMs }) => {
    const rows = await database.rows<DueRow>(TAKE, [olderThanMs, leaseMs, limit]);
    return rows.map(dueEntryOf);
  };
}

export function renewingOutbox(database: Database): Store['renewOutbox'] {
  return async () => {
    await database.rows(RENEW, []);
  };
}
