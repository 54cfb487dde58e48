import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Removable, Removal, RemovalQuery, RetentionStore } from '../ports/retention.ts';
import { all, type Database, type Given, prepared, run } from './database.ts';
import type { Time } from './tables.ts';

type Key = string | number;
/** Whether a column has one of the keys. */
type HasKey = (column: string) => Expression<SqlBool>;

/** How one kind is removed. */
interface Removing {
  readonly key: 'id' | 'number';
  isDue(before: Expression<Time>): RawBuilder<boolean>;
  /** About so many bytes of text are in one that is due. */
  readonly bytes: RawBuilder<number>;
  /** The statements that remove them, in this order. */
  remove(hasKey: HasKey): readonly RawBuilder<unknown>[];
}

const REMOVING: Readonly<Record<Removable, Removing>> = {
  conversations: {
    key: 'id',
    isDue: (before) => sql`(NOT is_removed AND updated_at < ${before}
      AND NOT EXISTS (SELECT 1 FROM messages JOIN requests ON message_id = messages.id
        WHERE messages.conversation_id = conversations.id
          AND (outbox_since IS NOT NULL OR state NOT IN ('answered', 'failed', 'dead_lettered')))
      AND NOT EXISTS (SELECT 1 FROM tasks WHERE conversation_id = conversations.id AND is_open))`,
    bytes: sql`(SELECT coalesce(sum(octet_length(text)), 0) FROM messages WHERE conversation_id = conversations.id)`,
    remove: (hasKey) => [
      sql`DELETE FROM requests WHERE message_id IN (SELECT id FROM messages WHERE ${hasKey('conversation_id')})`,
      sql`DELETE FROM messages WHERE ${hasKey('conversation_id')}`,
      sql`DELETE FROM tasks WHERE ${hasKey('conversation_id')}`,
      sql`UPDATE conversations SET is_removed = true, title = '', preview = '', session = NULL WHERE ${hasKey('id')}`,
    ],
  },
  events: {
    key: 'number',
    isDue: (before) => sql`(outbox_since IS NULL AND logged_at < ${before})`,
    bytes: sql`octet_length(CAST(event AS text))`,
    remove: (hasKey) => [sql`DELETE FROM events WHERE ${hasKey('number')}`],
  },
  commands: {
    key: 'number',
    isDue: (before) => sql`(NOT is_open AND changed_at < ${before})`,
    bytes: sql`output_bytes + octet_length(record)`,
    remove: (hasKey) => [
      sql`DELETE FROM command_output WHERE command_id IN (SELECT id FROM commands WHERE ${hasKey('number')})`,
      sql`DELETE FROM commands WHERE ${hasKey('number')}`,
    ],
  },
  tasks: {
    key: 'id',
    isDue: (before) => sql`(NOT is_open AND changed_at < ${before})`,
    bytes: sql`octet_length(document)`,
    remove: (hasKey) => [sql`DELETE FROM tasks WHERE ${hasKey('id')}`],
  },
};

export function createRetention(database: Database): RetentionStore {
  const { db, at, isAmong, isAmongNumbers, skipLocked, write, change } = database;
  const removeUsage = prepared(({ before }: Given<{ before: number }>) =>
    db.deleteFrom('usage').where('ends_at', '<', before),
  );
  return {
    remove: (what, query) =>
      write(
        function* () {
          const { isDue, bytes, remove, ...by } = REMOVING[what];
          const key = sql.ref<Key>(by.key);
          const before = at(sql.val(query.before));
          const after = by.key === 'id' ? (query.after ?? '') : Number(query.after ?? 0);
          const hasKeyOf =
            (rows: readonly { readonly key: Key }[]): HasKey =>
            (column) =>
              by.key === 'id'
                ? isAmong(column, sql.val(rows.map((row) => String(row.key))))
                : isAmongNumbers(column, sql.val(rows.map((row) => Number(row.key))));
          const page = yield* all(
            sql<{ key: Key; is_due: boolean | number }>`
              SELECT ${key} AS key, ${isDue(before)} AS is_due FROM ${sql.table(what)}
              WHERE ${key} > ${after} ORDER BY ${key} LIMIT ${query.limit}`.compile(db),
          );
          const due = page.filter((row) => row.is_due);
          if (due.length === 0) return removalOf(page, [], query);
          // Still due: a message that is accepted meanwhile makes its conversation stay, or waits and finds it removed.
          const removed = yield* all(
            sql<{ key: Key; bytes: number }>`
              SELECT ${key} AS key, ${bytes} AS bytes FROM ${sql.table(what)}
              WHERE ${hasKeyOf(due)(by.key)} AND ${isDue(before)} ORDER BY ${key} ${skipLocked}`.compile(db),
          );
          if (removed.length > 0)
            yield* run(...remove(hasKeyOf(removed)).map((statement) => statement.compile(db)));
          return removalOf(page, removed, query);
        },
        { changesRequests: true },
      ),
    async removeUsage(before) {
      await change(removeUsage({ before }));
    },
    size: () => database.size(),
  };
}

/** The result of a page. */
function removalOf(
  page: readonly { readonly key: Key }[],
  removed: readonly { readonly bytes: number }[],
  { limit }: RemovalQuery,
): Removal {
  const last = page.at(-1);
  return {
    removed: removed.length,
    bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(page.length < limit || last === undefined ? {} : { next: String(last.key) }),
  };
}
