import { type Kysely, sql } from 'kysely';
import { checking } from '../../checking.ts';
import { createRecords } from '../../records/create-records.ts';
import { all, type Database } from '../../records/database.ts';
import type { Tables } from '../../records/tables.ts';
import { applyEvent, countUnanswered, markPublished, urgencyOf } from '../../requests/apply-event.ts';
import type { Store } from '../../store.ts';
import type { StoreLogger } from '../../store-logger.ts';
import { createWriteGroups } from '../../write-groups.ts';
import { createCommit } from './commit-group.ts';
import { openConnections } from './connections.ts';
import { createDialect } from './dialect.ts';
import { isPassing, portError } from './postgres-errors.ts';
import { serially } from './serially.ts';

export interface PostgresStoreOptions {
  /** `postgresql://user:password@host:port/database`. */
  readonly databaseUrl: string;
  readonly logger: StoreLogger;
  /** How long a call is tried again while PostgreSQL is away, in milliseconds. @default 5000 */
  readonly timeoutMs?: number;
  /** How long a statement may take, in milliseconds; half of it, how long it may wait for a lock. @default 10_000 */
  readonly statementTimeoutMs?: number;
}

const GROUP_WRITES = 256;

/**
 * Opens the store in a PostgreSQL database. One that is away does not make it fail: calls then throw
 * `store_unavailable` until it is there.
 * @throws ParleyError `store_unavailable` when PostgreSQL refuses the user or has no such database
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { databaseUrl, logger, timeoutMs = 5000, statementTimeoutMs = 10_000 } = options;
  const connections = await openConnections({ databaseUrl, logger, timeoutMs, statementTimeoutMs });
  const dialect = createDialect();
  const { read, write, change } = connections;
  // Changes nothing: fails where the disk is full or the server takes no writes.
  const check = sql`UPDATE parley_version SET version = version`.compile(dialect.db);
  const commit = createCommit(connections.writers);
  const groups = createWriteGroups({
    commit: async (writes, isDurable) => {
      await connections.ready();
      return commit(writes, isDurable);
    },
    isPassing,
    portError,
    logger,
    timeoutMs,
    limit: GROUP_WRITES,
  });
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await groups.close();
    await connections.close();
  };

  return {
    kind: 'postgres',
    apply: (event) => groups.add(applyEvent(event), urgencyOf(event)),
    markPublished: (published) => groups.add(markPublished(published), 'lazy'),
    countUnanswered: (counts) => groups.add(countUnanswered(counts), 'lazy'),
    ...createRecords({
      ...dialect,
      ...connections,
      serially: serially(write),
      search: createSearch(dialect.db, read),
      clock: Date.now,
    }),
    check: checking(
      async () => {
        await change(check);
      },
      () => closed === undefined,
    ),
    close() {
      closed ??= close();
      return closed;
    },
  };
}

/** ICU knows upper and lower case of all alphabets; a database made with the locale C knows those of ASCII only. */
const ICU = 'und-x-icu';

function createSearch(db: Kysely<Tables>, read: Database['read']): Database['search'] {
  let hasIcu: boolean | undefined;
  return (ownerId, words, limit) =>
    read(function* () {
      hasIcu ??= (yield* all(sql`SELECT 1 FROM pg_collation WHERE collname = ${ICU}`.compile(db))).length > 0;
      const collation = hasIcu ? sql`COLLATE ${sql.id(ICU)}` : sql``;
      const pattern = `%${words.replace(/[\\%_]/g, '\\$&')}%`;
      const hasWords = sql<boolean>`(title ${collation} ILIKE ${pattern} OR EXISTS (
        SELECT 1 FROM messages WHERE conversation_id = conversations.id AND text ${collation} ILIKE ${pattern}))`;
      return yield* all(
        db
          .selectFrom('conversations')
          .selectAll()
          .where('owner_id', '=', ownerId)
          .where(sql<boolean>`NOT is_removed`)
          .where(hasWords)
          .orderBy('updated_at', 'desc')
          .orderBy('id', 'desc')
          .limit(limit),
      );
    });
}
