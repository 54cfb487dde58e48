import type { Prepare } from '@parley/sqlite';
import type { Store } from '../store.ts';

type Travelling = Awaited<ReturnType<Store['listTravelling']>>;

export function createSqliteTravelling(
  prepare: Prepare,
): (...args: Parameters<Store['listTravelling']>) => Travelling {
  const list = prepare.all<{ message_id: string; agent_id: string | null }>(`
    SELECT message_id, agent_id FROM requests
    WHERE message_id > ? AND outbox_since IS NULL AND state IN ('accepted', 'routed', 'delivered')
    ORDER BY message_id LIMIT ?`);
  return ({ after, limit }) =>
    list(after, limit).map((row) => ({ messageId: row.message_id, agentId: row.agent_id ?? undefined }));
}
