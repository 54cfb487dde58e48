import { EVENTS_KEPT, type EventQuery, type EventStore } from '../ports/events.ts';
import { type EventRow, loggedEventOf, storableEvent } from '../rules/events.ts';
import type { Prepare } from './statements.ts';

/** As `EventStore`; what writes only inside a transaction. */
export type SqliteEvents = {
  [K in keyof EventStore]: (...values: Parameters<EventStore[K]>) => Awaited<ReturnType<EventStore[K]>>;
};

const COLUMNS = 'number, channel, event';

export function createSqliteEvents(prepare: Prepare, now: () => number): SqliteEvents {
  const insert = prepare.one<EventRow>(`
    INSERT INTO events (id, channel, type, correlation_id, event, outbox_since) VALUES (?, ?, ?, ?, ?, ?)
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
  const listBy = (condition: string) =>
    prepare.all<EventRow>(`
      SELECT ${COLUMNS} FROM events
      WHERE ${condition} AND (?2 IS NULL OR type IN (SELECT value FROM json_each(?2))) AND number < ?3
      ORDER BY number DESC LIMIT ?4`);
  const listAll = listBy('?1 IS NULL');
  const listChannel = listBy('channel = ?1');
  const listCorrelated = listBy(
    'number IN (SELECT number FROM events WHERE correlation_id = ?1 UNION SELECT number FROM events WHERE id = ?1)',
  );

  return {
    append({ channel, event }, { isForOutbox = false } = {}) {
      const { id, type, correlationId } = event;
      const row = insert(
        id,
        channel,
        type,
        correlationId ?? null,
        storableEvent(event),
        isForOutbox ? now() : null,
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
    list(query) {
      return rowsOf(query).map(loggedEventOf).reverse();
    },
  };

  function rowsOf({ channel, types, correlationId, beforeNumber, limit }: EventQuery): EventRow[] {
    const rest = [
      types === undefined ? null : JSON.stringify(types),
      beforeNumber ?? Number.MAX_SAFE_INTEGER,
      limit,
    ] as const;
    if (correlationId !== undefined) {
      const rows = listCorrelated(correlationId, ...rest);
      return channel === undefined ? rows : rows.filter((row) => row.channel === channel);
    }
    return channel === undefined ? listAll(null, ...rest) : listChannel(channel, ...rest);
  }
}
