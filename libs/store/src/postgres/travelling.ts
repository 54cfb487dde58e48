import type { Store } from '../store.ts';
import type { Statement } from './connection.ts';
import type { Database } from './database.ts';

const LIST: Statement = {
  name: 'list-travelling',
  text: `
    SELECT message_id, agent_id FROM requests
    WHERE message_id > $1 AND outbox_since IS NULL AND state IN ('accepted', 'routed', 'delivered')
    ORDER BY message_id LIMIT $2`,
};

export function listingTravelling(database: Database): Store['listTravelling'] {
  return async ({ after, limit }) => {
    const rows = await database.rows<{ message_id: string; agent_id: string | null }>(LIST, [after, limit]);
    return rows.map((row) => ({ messageId: row.message_id, agentId: row.agent_id ?? undefined }));
  };
}
