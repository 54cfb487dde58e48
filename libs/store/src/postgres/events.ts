import { EVENTS_KEPT, type EventStore, THREAD_EVENTS } from '../ports/events.ts';
import { type EventRow, loggedEventOf, originsOf, storableEvent, threadsOf } from '../rules/events.ts';
import type { Statement } from './connection.ts';
import type { Database } from './database.ts';

const COLUMNS = 'number, channel, event, owner_id';

const APPEND: Statement = {
  name: 'append-event',
  text: `
    INSERT INTO events (id, channel, type, correlation_id, event, outbox_since, owner_id)
    VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN now() END, $7)
    ON CONFLICT (id) DO NOTHING RETURNING ${COLUMNS}`,
};
const FIND: Statement = { name: 'find-event', text: `SELECT ${COLUMNS} FROM events WHERE id = $1` };
const PRUNE: Statement = {
  name: 'prune-events',
  text: 'DELETE FROM events WHERE number <= $1 AND outbox_since IS NULL',
};
// As in outbox.ts.
const TAKE: Statement = {
  name: 'take-events',
  text: `
    WITH due AS (
      SELECT number FROM events
      WHERE outbox_since IS NOT NULL
        AND (outbox_since <= now() - $1::float8 * interval '1 millisecond' OR outbox_since > now() + interval '1 second')
        AND (leased_until IS NULL OR leased_until <= now() OR leased_until > now() + ($2::float8 + 1000) * interval '1 millisecond')
      ORDER BY number LIMIT $3
      FOR UPDATE SKIP LOCKED
    ), taken AS (
      UPDATE events SET leased_until = now() + $2::float8 * interval '1 millisecond'
      FROM due WHERE events.number = due.number
      RETURNING events.number, channel, event, owner_id
    )
    SELECT ${COLUMNS} FROM taken ORDER BY number`,
};
const MARK: Statement = {
  name: 'mark-events-published',
  text: 'UPDATE events SET outbox_since = NULL, leased_until = NULL WHERE id = ANY($1)',
};
const LIST: Statement = {
  name: 'list-events',
  text: `
    SELECT ${COLUMNS} FROM events
    WHERE ($1::text IS NULL OR channel = $1) AND ($2::text[] IS NULL OR type = ANY($2)) AND number < $3
      AND ($5::text IS NULL OR owner_id = $5)
    ORDER BY number DESC LIMIT $4`,
};
const LIST_CORRELATED: Statement = {
  name: 'list-correlated-events',
  text: `
    SELECT ${COLUMNS} FROM events
    WHERE ($1::text IS NULL OR channel = $1) AND ($2::text[] IS NULL OR type = ANY($2)) AND number < $3
      AND ($5::text IS NULL OR owner_id = $5) AND (correlation_id = $6 OR id = $6)
    ORDER BY number DESC LIMIT $4`,
};
const LIST_FIRST: Statement = {
  name: 'list-first-events',
  text: `
    SELECT ${COLUMNS} FROM events AS this
    WHERE type = $1 AND number < $2 AND ($3::text IS NULL OR owner_id = $3)
      AND NOT EXISTS (SELECT 1 FROM events AS cause WHERE cause.id = this.event ->> 'causationId' AND cause.type = this.type)
    ORDER BY number DESC LIMIT $4`,
};
const LIST_RELATED: Statement = {
  name: 'list-related-events',
  text: `
    SELECT ${COLUMNS} FROM events WHERE correlation_id = ANY($1) OR id = ANY($1)
    ORDER BY number DESC LIMIT ${THREAD_EVENTS}`,
};

/** Pruning looks at an index; done with each event it would only cost. */
const PRUNE_EVERY = 1000;

export function createPostgresEvents(database: Database): EventStore {
  return {
    async append({ channel, event, ownerId }, { isForOutbox = false } = {}) {
      const { id, type, correlationId } = event;
      const [row] = await database.rows<EventRow>(APPEND, [
        id,
        channel,
        type,
        correlationId ?? null,
        storableEvent(event),
        isForOutbox,
        ownerId ?? null,
      ]);
      if (row !== undefined) {
        const number = Number(row.number);
        if (number % PRUNE_EVERY === 0) await database.rows(PRUNE, [number - EVENTS_KEPT]);
        return { logged: loggedEventOf(row), isDuplicate: false };
      }
      const [known] = await database.rows<EventRow>(FIND, [id]);
      if (known === undefined) throw new Error(`the event ${id} was not stored`);
      return { logged: loggedEventOf(known), isDuplicate: true };
    },
    async takeUnpublished({ limit, olderThanMs, leaseMs }) {
      return (await database.rows<EventRow>(TAKE, [olderThanMs, leaseMs, limit])).map(loggedEventOf);
    },
    async markPublished(eventIds) {
      await database.rows(MARK, [[...eventIds]]);
    },
    async get(eventId) {
      const [row] = await database.rows<EventRow>(FIND, [eventId]);
      return row && loggedEventOf(row);
    },
    async list({ channel, types, correlationId, ownerId, beforeNumber, limit }) {
      const values = [
        channel ?? null,
        types === undefined ? null : [...types],
        beforeNumber ?? Number.MAX_SAFE_INTEGER,
        limit,
        ownerId ?? null,
      ];
      const rows =
        correlationId === undefined
          ? await database.rows<EventRow>(LIST, values)
          : await database.rows<EventRow>(LIST_CORRELATED, [...values, correlationId]);
      return rows.map(loggedEventOf).reverse();
    },
    async listThreads({ type, ownerId, beforeNumber, limit }) {
      const values = [type, beforeNumber ?? Number.MAX_SAFE_INTEGER, ownerId ?? null, limit];
      const firsts = (await database.rows<EventRow>(LIST_FIRST, values)).map(loggedEventOf);
      const related = await database.rows<EventRow>(LIST_RELATED, [originsOf(firsts)]);
      return threadsOf(firsts, related.map(loggedEventOf).reverse());
    },
  };
}
