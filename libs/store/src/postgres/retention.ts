import type pg from 'pg';
import type { Removable, Removal, RemovalQuery, RetentionStore } from '../ports/retention.ts';
import { dueKeys, type RemovalRow, removalOf } from '../rules/removal.ts';
import { query, type Statement } from './connection.ts';
import type { Database } from './database.ts';

/** How one kind is removed. Of `page`: $1 before, $2 after, $3 limit; of `lock` and `remove`: $1 the keys; of `lock`: $2 before. */
interface Removing {
  readonly page: Statement;
  /** Locks what is still due: a message that is accepted meanwhile makes its conversation stay, or waits and finds it removed. */
  readonly lock: Statement;
  readonly remove: readonly Statement[];
}

const BEFORE = (parameter: string): string => `to_timestamp(${parameter}::float8 / 1000)`;

function removing(
  name: Removable,
  table: {
    readonly key: string;
    readonly type: 'text' | 'bigint';
    readonly due: (before: string) => string;
    readonly bytes: (before: string) => string;
    readonly remove: readonly string[];
  },
): Removing {
  const { key, type, due, bytes } = table;
  const shown = type === 'bigint' ? `${key}::float8` : key;
  const after = type === 'bigint' ? `coalesce(nullif($2::text, ''), '0')::bigint` : '$2::text';
  return {
    page: {
      name: `old-${name}`,
      text: `SELECT ${shown} AS key, (${due(BEFORE('$1'))}) AS is_due, (${bytes(BEFORE('$1'))})::float8 AS bytes
        FROM ${name} WHERE ${key} > ${after} ORDER BY ${key} LIMIT $3`,
    },
    lock: {
      name: `lock-old-${name}`,
      text: `SELECT ${shown} AS key FROM ${name}
        WHERE ${key} = ANY ($1::${type}[]) AND ${due(BEFORE('$2'))} ORDER BY ${key} FOR UPDATE SKIP LOCKED`,
    },
    remove: table.remove.map((text, index) => ({
      name: `remove-old-${name}-${index}`,
      text: text.replaceAll('$KEYS', `ANY ($1::${type}[])`),
    })),
  };
}

const REMOVING: Readonly<Record<Removable, Removing>> = {
  conversations: removing('conversations', {
    key: 'id',
    type: 'text',
    due: (before) => `NOT is_removed AND updated_at < ${before}
      AND NOT EXISTS (SELECT 1 FROM messages JOIN requests ON message_id = messages.id
        WHERE messages.conversation_id = conversations.id
          AND (outbox_since IS NOT NULL OR state NOT IN ('answered', 'failed', 'dead_lettered')))
      AND NOT EXISTS (SELECT 1 FROM tasks WHERE conversation_id = conversations.id AND is_open)`,
    bytes: (before) => `CASE WHEN NOT is_removed AND updated_at < ${before} THEN
      (SELECT coalesce(sum(octet_length(text)), 0) FROM messages WHERE conversation_id = conversations.id) ELSE 0 END`,
    remove: [
      'DELETE FROM requests WHERE message_id IN (SELECT id FROM messages WHERE conversation_id = $KEYS)',
      'DELETE FROM messages WHERE conversation_id = $KEYS',
      'DELETE FROM tasks WHERE conversation_id = $KEYS',
      `UPDATE conversations SET is_removed = true, title = '', preview = '', session = NULL WHERE id = $KEYS`,
    ],
  }),
  events: removing('events', {
    key: 'number',
    type: 'bigint',
    due: (before) => `outbox_since IS NULL AND logged_at < ${before}`,
    bytes: () => 'octet_length(event::text)',
    remove: ['DELETE FROM events WHERE number = $KEYS'],
  }),
  commands: removing('commands', {
    key: 'number',
    type: 'bigint',
    due: (before) => `NOT is_open AND changed_at < ${before}`,
    bytes: () => 'output_bytes + octet_length(record)',
    remove: [
      'DELETE FROM command_output WHERE command_id IN (SELECT id FROM commands WHERE number = $KEYS)',
      'DELETE FROM commands WHERE number = $KEYS',
    ],
  }),
  tasks: removing('tasks', {
    key: 'id',
    type: 'text',
    due: (before) => `NOT is_open AND changed_at < ${before}`,
    bytes: () => 'octet_length(document)',
    remove: ['DELETE FROM tasks WHERE id = $KEYS'],
  }),
};

const REMOVE_USAGE: Statement = {
  name: 'remove-usage',
  text: 'DELETE FROM usage WHERE ends_at < $1::bigint',
};
const NO_TIMEOUT: Statement = { name: 'no-timeout', text: 'SET LOCAL statement_timeout = 0' };
/** Files do not become smaller when rows go: what counts is what stands in them. */
const SIZE: Statement = {
  name: 'size-of-texts',
  text: `
    SELECT (
      (SELECT coalesce(sum(octet_length(text)), 0) FROM messages) +
      (SELECT coalesce(sum(octet_length(event::text)), 0) FROM events) +
      (SELECT coalesce(sum(output_bytes + octet_length(record)), 0) FROM commands) +
      (SELECT coalesce(sum(octet_length(document)), 0) FROM tasks)
    )::float8 AS size`,
};

export function createPostgresRetention(database: Database): RetentionStore {
  return {
    remove(what, asked) {
      const { page, lock, remove } = REMOVING[what];
      return database.transaction(async (client: pg.ClientBase): Promise<Removal> => {
        const { before, after = '', limit }: RemovalQuery = asked;
        const { rows } = await query<RemovalRow & pg.QueryResultRow>(client, page, [before, after, limit]);
        const due = dueKeys(rows);
        if (due.length === 0) return removalOf(rows, new Set(), asked);
        const locked = await query<{ key: string | number }>(client, lock, [due, before]);
        const keys = locked.rows.map(({ key }) => key);
        for (const statement of keys.length > 0 ? remove : []) await query(client, statement, [keys]);
        return removalOf(rows, new Set(keys), asked);
      });
    },
    async removeUsage(before) {
      await database.rows(REMOVE_USAGE, [before]);
    },
    size: () =>
      database.transaction(async (client) => {
        await query(client, NO_TIMEOUT, []);
        const { rows } = await query<{ size: number }>(client, SIZE, []);
        return rows[0]?.size ?? 0;
      }),
  };
}
