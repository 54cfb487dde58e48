import type { Conversation } from '@parley/shared-models';
import type { Prepare } from '@parley/sqlite';
import { conversationOf, type StoredConversationRow } from '../rows.ts';

export interface SqliteTranscripts {
  conversationsOf(ownerId: string, options: { limit: number; afterId?: string | undefined }): Conversation[];
}

export function createSqliteTranscripts(prepare: Prepare): SqliteTranscripts {
  const findPage = prepare.all<StoredConversationRow>(
    'SELECT * FROM conversations WHERE owner_id = ? AND is_removed = 0 AND id > ? ORDER BY id LIMIT ?',
  );
  return {
    conversationsOf: (ownerId, { limit, afterId = '' }) =>
      findPage(ownerId, afterId, limit).map(conversationOf),
  };
}
