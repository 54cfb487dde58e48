import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Prepare } from '@parley/sqlite';
import type { StoredConversationRow } from '../../rows.ts';

/** Conversations looked at in one go. */
const PAGE = 20;
/** So long, in milliseconds, a search may keep the process from everything else; then, and after each page, it lets others go first. */
const SLICE_MS = 5;

/**
 * Reads an owner's conversations from the newest on until enough of them contain the words. There is no index of
 * words: keeping one would cost every message more than storing it does.
 */
export function createSqliteSearch(
  prepare: Prepare,
): (ownerId: string, words: string, limit: number) => Promise<StoredConversationRow[]> {
  const findPage = prepare.all<StoredConversationRow>(`
    SELECT * FROM conversations WHERE owner_id = ? AND is_removed = 0 AND (updated_at, id) < (?, ?)
    ORDER BY updated_at DESC, id DESC LIMIT ${PAGE}`);
  const findText = prepare.one(
    'SELECT 1 FROM messages WHERE conversation_id = ? AND contains(text, ?) LIMIT 1',
  );

  return async (ownerId, words, limit) => {
    const folded = words.toLowerCase();
    const found: StoredConversationRow[] = [];
    let [updatedAt, id]: [number | string, string] = [Number.MAX_SAFE_INTEGER, ''];
    let sliceBegan = performance.now();
    for (;;) {
      const page = findPage(ownerId, updatedAt, id);
      for (const row of page) {
        if (row.title.toLowerCase().includes(folded) || findText(row.id, folded) !== undefined)
          found.push(row);
        if (found.length === limit) return found;
        [updatedAt, id] = [row.updated_at, row.id];
        if (performance.now() - sliceBegan < SLICE_MS) continue;
        await nextTurn();
        sliceBegan = performance.now();
      }
      if (page.length < PAGE) return found;
      await nextTurn();
      sliceBegan = performance.now();
    }
  };
}
