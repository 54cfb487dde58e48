import { type Kysely, sql } from 'kysely';
import { all, type Database } from '../../records/database.ts';
import type { Tables } from '../../records/tables.ts';

/** ICU knows upper and lower case of all alphabets; a database made with the locale C knows those of ASCII only. */
const ICU = 'und-x-icu';

export function createSearch(db: Kysely<Tables>, read: Database['read']): Database['search'] {
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
