import { type Selectable, sql } from 'kysely';
import { dueEntryOf, MESSAGE_COLUMNS } from '../rows.ts';
import type { Store, TravellingRequest } from '../store.ts';
import { all, type Database, type Given, prepared, run } from './database.ts';
import { isDue, type Taking } from './outbox.ts';
import type { Tables } from './tables.ts';

type Ids = Given<{ readonly ids: readonly string[] }>;

/** The index of the travelling ones is defined by the same words. */
const IS_TRAVELLING = sql<boolean>`outbox_since IS NULL AND state IN ('accepted', 'routed', 'delivered')`;

const TRAVELLING_COLUMNS = [
  'message_id',
  'conversation_id',
  'seq',
  'attempt',
  'agent_id',
  'timeout_ms',
  'routed_at',
  'unanswered_ms',
] as const;
type TravellingRow = Pick<Selectable<Tables['requests']>, (typeof TRAVELLING_COLUMNS)[number]>;

/** Reads and writes of requests beside `Store.apply`, which writes them in groups. */
export function createRequests(
  database: Database,
): Pick<Store, 'takeOutbox' | 'renewOutbox' | 'listTravelling'> {
  const { db, now, at, isAmong, forUpdate, skipLocked, read, write, change } = database;
  const requests = db.selectFrom('requests');

  // Entries that another transaction is taking at this moment are passed over, not waited for.
  const findDue = prepared((taking: Given<Taking>) =>
    requests
      .select('message_id')
      .where(isDue(database, taking))
      .orderBy('outbox_since')
      .orderBy('seq')
      .limit(taking.limit)
      .modifyEnd(skipLocked),
  );
  const lease = prepared(({ ids, leaseMs }: Ids & Given<Pick<Taking, 'leaseMs'>>) =>
    db
      .updateTable('requests')
      .set({ leased_until: now(leaseMs) })
      .where(isAmong('message_id', ids)),
  );
  const findEntries = prepared(({ ids }: Ids) =>
    requests
      .innerJoin('messages', 'messages.id', 'requests.message_id')
      .select(MESSAGE_COLUMNS.map((column) => `messages.${column}` as const))
      .select(['target', 'session', 'attempt', 'hops'])
      .where(isAmong('message_id', ids))
      .orderBy('outbox_since')
      .orderBy('requests.seq'),
  );
  // Locked in the order of their ids, as groups of writes lock them, so that they do not wait for each other. So
  // written, SQLite sorts the outbox instead of reading all requests in that order.
  const renew = prepared(() =>
    db
      .updateTable('requests')
      .set({ attempt: sql`attempt + 1`, outbox_since: at(sql.lit(0)), leased_until: null })
      .where(
        'message_id',
        'in',
        requests
          .select('message_id')
          .where('outbox_since', 'is not', null)
          .orderBy(sql`message_id || ''`)
          .modifyEnd(forUpdate),
      ),
  );
  const findTravelling = prepared(({ after, limit }: Given<{ after: string; limit: number }>) =>
    requests
      .select(TRAVELLING_COLUMNS)
      .where('message_id', '>', after)
      .where(IS_TRAVELLING)
      .orderBy('message_id')
      .limit(limit),
  );
  return {
    takeOutbox: (taking) =>
      write(
        function* () {
          const ids = (yield* all(findDue(taking))).map(({ message_id }) => message_id);
          if (ids.length === 0) return [];
          yield* run(lease({ ids, leaseMs: taking.leaseMs }));
          return (yield* all(findEntries({ ids }))).map(dueEntryOf);
        },
        { changesRequests: true },
      ),
    async renewOutbox() {
      await change(renew({}), { changesRequests: true });
    },
    listTravelling: (page) =>
      read(function* () {
        return (yield* all(findTravelling(page))).map(travellingOf);
      }),
  };
}

function travellingOf(row: TravellingRow): TravellingRequest {
  return {
    messageId: row.message_id,
    conversationId: row.conversation_id,
    seq: row.seq,
    attempt: row.attempt,
    agentId: row.agent_id ?? undefined,
    timeoutMs: row.timeout_ms ?? undefined,
    routedAt: row.routed_at ?? undefined,
    unansweredMs: row.unanswered_ms,
  };
}
