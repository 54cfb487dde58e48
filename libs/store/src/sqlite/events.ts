import type { SQLInputValue } from 'node:sqlite';
import type { Prepare } from '@parley/sqlite';
import { EVENTS_KEPT, type EventQuery, type EventStore, THREAD_EVENTS } from '../ports/events.ts';
import { type EventRow, loggedEventOf, originsOf, storableEvent, threadsOf } from '../rules/events.ts';

/** As `EventStore`; what writes only inside a transaction. */
export type SqliteEvents = {
  [K in keyof EventStore]: (...values: Parameters<EventStore[K]>) => Awaited<ReturnType<EventStore[K]>>;
};

const COLUMNS = 'number, channel, event, owner_id';

export function createSqliteEvents(prepare: Prepare, now: () => number): SqliteEvents {
  const insert = prepare.one<EventRow>(`
    INSERT INTO events (id, channel, type, correlation_id, event, outbox_since, owner_id, logged_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, CAST(unixepoch('subsec') * 1000 AS INTEGER))
    ON CONFLICT (id) DO NOTHING RETURNING ${COLUMNS}`);
  const find = prepare.one<EventRow>(`SELECT ${COLUMNS} FROM events WHERE id = ?`);
  const prune = prepare.change('DELETE FROM events WHERE number <= ? AND outbox_since IS NULL');
  // Times that lie ahead further than they can were written before the clock was set back.
  const findDue = prepare.all<EventRow>(`
    SELECT ${COLUMNS} FROM events
    WHERE outbox_since IS NOT NULL
      AND (outbox_since <= ?1 - ?2 OR outbox_since > ?1)
      AND (leased_until IS NULL OR leased_until <= ?1 OR leased_until > ?1 + ?3)
    ORDER BY number LIMIT ?4`);
  const lease = prepare.change('UPDATE events SET leased_until = ? WHERE number = ?');
  const publish = prepare.change('UPDATE events SET outbox_since = NULL, leased_until = NULL WHERE id = ?');
  const listRelated = prepare.all<EventRow>(`
    SELECT ${COLUMNS} FROM events
    WHERE correlation_id IN (SELECT value FROM json_each(?1)) OR id IN (SELECT value FROM json_each(?1))
    ORDER BY number DESC LIMIT ${THREAD_EVENTS}`);
  const lists = new Map<string, ReturnType<typeof prepare.all<EventRow>>>();

  /** The last events of which all conditions are true, newest first; undefined ones do not count. */
  const last = (conditions: readonly (Condition | undefined)[], limit: number): EventRow[] => {
    const given = conditions.filter((condition) => condition !== undefined);
    const where = given.map(([sql]) => sql).join(' AND ');
    const list =
      lists.get(where) ??
      prepare.all<EventRow>(
        `SELECT ${COLUMNS} FROM events AS this WHERE ${where} ORDER BY number DESC LIMIT ?`,
      );
    lists.set(where, list);
    return list(...given.flatMap(([, ...values]) => values), limit);
  };

  return {
    append({ channel, event, ownerId }, { isForOutbox = false } = {}) {
      const { id, type, correlationId } = event;
      const row = insert(
        id,
        channel,
        type,
        correlationId ?? null,
        storableEvent(event),
        isForOutbox ? now() : null,
        ownerId ?? null,
      );
      if (row !== undefined) {
        prune(Number(row.number) - EVENTS_KEPT);
        return { logged: loggedEventOf(row), isDuplicate: false };
      }
      const known = find(id);
      if (known === undefined) throw new Error(`the event ${id} was not stored`);
      return { logged: loggedEventOf(known), isDuplicate: true };
    },
    takeUnpublished({ limit, olderThanMs, leaseMs }) {
      const at = now();
      const due = findDue(at, olderThanMs, leaseMs, limit);
      for (const { number } of due) lease(at + leaseMs, Number(number));
      return due.map(loggedEventOf);
    },
    markPublished(eventIds) {
      for (const id of eventIds) publish(id);
    },
    get(eventId) {
      const row = find(eventId);
      return row && loggedEventOf(row);
    },
    list(query) {
      return last(conditionsOf(query), query.limit).map(loggedEventOf).reverse();
    },
    listThreads({ type, limit, ...rest }) {
      const firsts = last(
        [
          ...conditionsOf({ ...rest, limit }),
          ['type = ?', type],
          [
            "NOT EXISTS (SELECT 1 FROM events AS cause WHERE cause.id = this.event ->> '$.causationId' AND cause.type = this.type)",
          ],
        ],
        limit,
      ).map(loggedEventOf);
      const related = listRelated(JSON.stringify(originsOf(firsts)))
        .map(loggedEventOf)
        .reverse();
      return threadsOf(firsts, related);
    },
  };
}

/** What must be true of an event, with the values of its question marks. */
type Condition = readonly [sql: string, ...values: SQLInputValue[]];

function conditionsOf(query: EventQuery): (Condition | undefined)[] {
  const { channel, types, correlationId, ownerId, beforeNumber } = query;
  return [
    ['number < ?', beforeNumber ?? Number.MAX_SAFE_INTEGER],
    channel === undefined ? undefined : ['channel = ?', channel],
    ownerId === undefined ? undefined : ['owner_id = ?', ownerId],
    types === undefined ? undefined : ['type IN (SELECT value FROM json_each(?))', JSON.stringify(types)],
    correlationId === undefined
      ? undefined
      : [
          'number IN (SELECT number FROM events WHERE correlation_id = ? UNION SELECT number FROM events WHERE id = ?)',
          correlationId,
          correlationId,
        ],
  ];
}
