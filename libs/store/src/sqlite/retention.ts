import type { Prepare } from '@parley/sqlite';
import type { Removable, Removal, RemovalQuery } from '../ports/retention.ts';
import { dueKeys, type RemovalRow, removalOf } from '../rules/removal.ts';

export interface SqliteRetention {
  /** These two only inside a transaction. */
  remove(what: Removable, query: RemovalQuery): Removal;
  removeUsage(before: number): void;
  size(): number;
}

export function createSqliteRetention(prepare: Prepare): SqliteRetention {
  /** @param page ?1: before, ?2: after, ?3: limit. @param statements run for each that is due, with its key */
  const removing = (page: string, statements: readonly string[]): ((query: RemovalQuery) => Removal) => {
    const find = prepare.all<RemovalRow>(page);
    const changes = statements.map((sql) => prepare.change(sql));
    return (query) => {
      const rows = find(query.before, query.after ?? '', query.limit);
      const keys = dueKeys(rows);
      for (const key of keys) for (const change of changes) change(key);
      return removalOf(rows, new Set(keys), query);
    };
  };

  const removals: Readonly<Record<Removable, (query: RemovalQuery) => Removal>> = {
    conversations: removing(
      `SELECT id AS key,
        is_removed = 0 AND updated_at < ?1
          AND NOT EXISTS (SELECT 1 FROM messages JOIN requests ON message_id = messages.id
            WHERE messages.conversation_id = conversations.id
              AND (outbox_since IS NOT NULL OR state NOT IN ('answered', 'failed', 'dead_lettered')))
          AND NOT EXISTS (SELECT 1 FROM tasks WHERE conversation_id = conversations.id AND is_open = 1) AS is_due,
        iif(is_removed = 0 AND updated_at < ?1,
          (SELECT coalesce(sum(octet_length(text)), 0) FROM messages WHERE conversation_id = conversations.id), 0) AS bytes
      FROM conversations WHERE id > ?2 ORDER BY id LIMIT ?3`,
      [
        'DELETE FROM requests WHERE message_id IN (SELECT id FROM messages WHERE conversation_id = ?)',
        'DELETE FROM messages WHERE conversation_id = ?',
        'DELETE FROM tasks WHERE conversation_id = ?',
        "UPDATE conversations SET is_removed = 1, title = '', preview = '', session = NULL WHERE id = ?",
      ],
    ),
    events: removing(
      `SELECT number AS key, outbox_since IS NULL AND logged_at < ?1 AS is_due, octet_length(event) AS bytes
      FROM events WHERE number > CAST(?2 AS INTEGER) ORDER BY number LIMIT ?3`,
      ['DELETE FROM events WHERE number = ?'],
    ),
    commands: removing(
      `SELECT number AS key, is_open = 0 AND changed_at < ?1 AS is_due, output_bytes + octet_length(record) AS bytes
      FROM commands WHERE number > CAST(?2 AS INTEGER) ORDER BY number LIMIT ?3`,
      [
        'DELETE FROM command_output WHERE command_id = (SELECT id FROM commands WHERE number = ?)',
        'DELETE FROM commands WHERE number = ?',
      ],
    ),
    tasks: removing(
      `SELECT id AS key, is_open = 0 AND changed_at < ?1 AS is_due, octet_length(document) AS bytes
      FROM tasks WHERE id > ?2 ORDER BY id LIMIT ?3`,
      ['DELETE FROM tasks WHERE id = ?'],
    ),
  };
  const removeUsage = prepare.change('DELETE FROM usage WHERE ends_at < ?');
  const pages = prepare.one<{ size: number }>(`
    SELECT (page_count - freelist_count) * page_size AS size
    FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()`);

  return {
    remove: (what, query) => removals[what](query),
    removeUsage(before) {
      removeUsage(before);
    },
    size: () => pages()?.size ?? 0,
  };
}
