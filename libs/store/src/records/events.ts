import type { ChannelName, PublishedEvent } from '@parley/shared-models';
import { type Selectable, sql } from 'kysely';
import {
  EVENTS_KEPT,
  type EventQuery,
  type EventStore,
  type EventThread,
  type LoggedEvent,
  THREAD_EVENTS,
  type ThreadQuery,
} from '../ports/events.ts';
import {
  all,
  type Database,
  type Filters,
  first,
  type Given,
  prepared,
  preparedList,
  run,
} from './database.ts';
import { isDue, type Taking } from './outbox.ts';
import type { Tables } from './tables.ts';

const COLUMNS = ['number', 'channel', 'event', 'owner_id'] as const;
/** Pruning looks at an index; done with each event it would only cost. */
const PRUNE_EVERY = 1000;

interface NewRow {
  readonly id: string;
  readonly channel: string;
  readonly type: string;
  readonly correlationId: string | null;
  readonly event: string;
  readonly isForOutbox: boolean;
  readonly ownerId: string | null;
}

export function createEvents(database: Database): EventStore {
  const { db, now, isAmong, isAmongNumbers, skipLocked, read, write, change } = database;

  const insert = prepared((row: Given<NewRow>) =>
    db
      .insertInto('events')
      .values({
        id: row.id,
        channel: row.channel,
        type: row.type,
        correlation_id: row.correlationId,
        event: row.event,
        outbox_since: sql`CASE WHEN ${row.isForOutbox} THEN ${now()} END`,
        owner_id: row.ownerId,
        logged_at: now(),
      })
      .onConflict((known) => known.column('id').doNothing())
      .returning(COLUMNS),
  );
  const find = prepared(({ id }: Given<{ id: string }>) =>
    db.selectFrom('events').select(COLUMNS).where('id', '=', id),
  );
  const prune = prepared(({ number }: Given<{ number: number }>) =>
    db.deleteFrom('events').where('number', '<=', number).where('outbox_since', 'is', null),
  );
  const findDue = prepared((taking: Given<Taking>) =>
    db
      .selectFrom('events')
      .select(COLUMNS)
      .where(isDue(database, taking))
      // Few are due: without the `+ 0` SQLite reads all there are in their order instead of sorting those.
      .orderBy(sql`number + 0`)
      .limit(taking.limit)
      .modifyEnd(skipLocked),
  );
  const lease = prepared(({ numbers, leaseMs }: Given<{ numbers: readonly number[]; leaseMs: number }>) =>
    db
      .updateTable('events')
      .set({ leased_until: now(leaseMs) })
      .where(isAmongNumbers('number', numbers)),
  );
  const publish = prepared(({ ids }: Given<{ ids: readonly string[] }>) =>
    db.updateTable('events').set({ outbox_since: null, leased_until: null }).where(isAmong('id', ids)),
  );
  const findRelated = prepared(({ origins }: Given<{ origins: readonly string[] }>) =>
    db
      .selectFrom('events')
      .select(COLUMNS)
      .where(({ or }) => or([isAmong('correlation_id', origins), isAmong('id', origins)]))
      .orderBy('number', 'desc')
      .limit(THREAD_EVENTS),
  );

  /** The last ones that fit, newest first. */
  const last = ({ channel, types, correlationId, ownerId, beforeNumber, limit }: Filters<EventQuery>) => {
    let query = db.selectFrom('events').select(COLUMNS).orderBy('number', 'desc').limit(limit);
    if (beforeNumber !== undefined) query = query.where('number', '<', beforeNumber);
    if (channel !== undefined) query = query.where('channel', '=', channel);
    if (ownerId !== undefined) query = query.where('owner_id', '=', ownerId);
    if (types !== undefined) query = query.where(isAmong('type', types));
    if (correlationId !== undefined) {
      // Each half has an index.
      const related = db.selectFrom('events').select('number').where('correlation_id', '=', correlationId);
      const itself = db.selectFrom('events').select('number').where('id', '=', correlationId);
      query = query.where('number', 'in', related.union(itself));
    }
    return query;
  };
  const findLast = preparedList(last);
  const findFirsts = preparedList(({ type, ...query }: Filters<ThreadQuery>) =>
    last(query)
      .where('type', '=', type)
      .where(
        sql<boolean>`NOT EXISTS (
          SELECT 1 FROM events AS cause WHERE cause.id = events.event ->> 'causationId' AND cause.type = events.type)`,
      ),
  );

  return {
    append({ channel, event, ownerId }, { isForOutbox = false } = {}) {
      const { id, type, correlationId } = event;
      return write(function* () {
        const added = yield* first(
          insert({
            id,
            channel,
            type,
            correlationId: correlationId ?? null,
            event: storableEvent(event),
            isForOutbox,
            ownerId: ownerId ?? null,
          }),
        );
        if (added === undefined) {
          const known = yield* first(find({ id }));
          if (known === undefined) throw new Error(`the event ${id} was not stored`);
          return { logged: loggedEventOf(known), isDuplicate: true };
        }
        if (added.number % PRUNE_EVERY === 0) yield* run(prune({ number: added.number - EVENTS_KEPT }));
        return { logged: loggedEventOf(added), isDuplicate: false };
      });
    },
    takeUnpublished: (taking) =>
      write(function* () {
        const rows = yield* all(findDue(taking));
        if (rows.length > 0)
          yield* run(lease({ numbers: rows.map(({ number }) => number), leaseMs: taking.leaseMs }));
        return rows.map(loggedEventOf);
      }),
    async markPublished(ids) {
      await change(publish({ ids }));
    },
    get: (id) =>
      read(function* () {
        const row = yield* first(find({ id }));
        return row && loggedEventOf(row);
      }),
    list: (query) =>
      read(function* () {
        return (yield* all(findLast(query))).map(loggedEventOf).reverse();
      }),
    listThreads: (query) =>
      read(function* () {
        const firsts = (yield* all(findFirsts(query))).map(loggedEventOf);
        const related = yield* all(findRelated({ origins: originsOf(firsts) }));
        return threadsOf(firsts, related.map(loggedEventOf).reverse());
      }),
  };
}

type EventRow = Pick<Selectable<Tables['events']>, (typeof COLUMNS)[number]>;

/** Events were parsed before they were written. */
function loggedEventOf({ number, channel, event, owner_id }: EventRow): LoggedEvent {
  return {
    number,
    channel: channel as ChannelName,
    event: JSON.parse(event) as PublishedEvent,
    ...(owner_id === null ? {} : { ownerId: owner_id }),
  };
}

/** The origin of each: other events and messages have the same. */
function originsOf(events: readonly LoggedEvent[]): string[] {
  return [...new Set(events.map(({ event }) => event.correlationId ?? event.id))];
}

/**
 * Sorts events into the threads of these first ones: each belongs to the one that brought it about, over others maybe.
 * @param related in the order of the log
 */
function threadsOf(firsts: readonly LoggedEvent[], related: readonly LoggedEvent[]): EventThread[] {
  const byCause = Map.groupBy(related, ({ event }) => event.causationId);
  return firsts.map((first) => {
    const events = new Map([[first.number, first]]);
    // It grows while it is gone through.
    for (const { event } of events.values()) {
      for (const effect of byCause.get(event.id) ?? []) events.set(effect.number, effect);
    }
    return { first, events: [...events.values()].sort((one, other) => one.number - other.number) };
  });
}

/** In JSON as `JSON.stringify` writes it, where only halves of surrogate pairs are escaped; any other escape is passed over. */
const UNSTORABLE = /\\(?:(u0000|ud[89a-f][0-9a-f]{2})|.)/g;

/**
 * JSON in which neither a text nor a key has characters that PostgreSQL cannot hold in a text: it reads the whole to
 * find one field.
 */
function storableEvent(event: PublishedEvent): string {
  return JSON.stringify(event).replace(UNSTORABLE, (escaped, unstorable?: string) =>
    unstorable === undefined ? escaped : '\uFFFD',
  );
}
