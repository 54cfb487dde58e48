import type { TranscriptStore } from '../ports/transcripts.ts';
import { conversationOf, type StoredConversationRow } from '../rows.ts';
import type { Statement } from './connection.ts';
import type { Database } from './database.ts';

const PAGE: Statement = {
  name: 'transcript-conversations',
  text: 'SELECT * FROM conversations WHERE owner_id = $1 AND NOT is_removed AND id > $2 ORDER BY id LIMIT $3',
};

export function createPostgresTranscripts(database: Database): TranscriptStore {
  return {
    async conversationsOf(ownerId, { limit, afterId = '' }) {
      const rows = await database.rows<StoredConversationRow>(PAGE, [ownerId, afterId, limit]);
      return rows.map(conversationOf);
    },
  };
}
