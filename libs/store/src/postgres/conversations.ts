import { statusOf } from '@parley/requests';
import type { MessageStatus } from '@parley/shared-models';
import {
  conversationOf,
  MESSAGE_COLUMNS,
  messageOf,
  requestOf,
  type StoredConversationRow,
  type StoredMessageRow,
  type StoredRequestRow,
} from '../rows.ts';
import type { Store } from '../store.ts';
import type { Statement } from './connection.ts';
import type { Database } from './database.ts';

/** A message with its request, where it has one. */
type MessageAndRequestRow = StoredMessageRow &
  (Omit<StoredRequestRow, 'message_id' | 'conversation_id' | 'seq'> | { readonly state: null });

const MESSAGE_AND_REQUEST = `${MESSAGE_COLUMNS.split(', ')
  .map((column) => `messages.${column}`)
  .join(', ')}, target, requests.session, state, attempt, agent_id, routing, hops, error, outbox_since`;
const FROM_BOTH = 'FROM messages LEFT JOIN requests ON requests.message_id = messages.id';

const GET_MESSAGE: Statement = {
  name: 'get-message',
  text: `
    SELECT ${MESSAGE_AND_REQUEST}, owner_id ${FROM_BOTH}
    JOIN conversations ON conversations.id = messages.conversation_id WHERE messages.id = $1`,
};
const FIRST_MESSAGES: Statement = {
  name: 'first-messages',
  text: `
    SELECT ${MESSAGE_AND_REQUEST} ${FROM_BOTH}
    WHERE messages.conversation_id = $1 AND messages.seq > $2 ORDER BY messages.seq LIMIT $3`,
};
const LAST_MESSAGES: Statement = {
  name: 'last-messages',
  text: `
    SELECT ${MESSAGE_AND_REQUEST} ${FROM_BOTH}
    WHERE messages.conversation_id = $1 AND messages.seq > $2 AND messages.seq < $3
    ORDER BY messages.seq DESC LIMIT $4`,
};
const GET_CONVERSATION: Statement = {
  name: 'get-conversation',
  text: 'SELECT * FROM conversations WHERE id = $1 AND NOT is_removed',
};
const LAST_SEQS: Statement = {
  name: 'last-seqs',
  text: 'SELECT id, last_seq FROM conversations WHERE id = ANY ($1::text[])',
};
const LIST_CONVERSATIONS: Statement = {
  name: 'list-conversations',
  text: 'SELECT * FROM conversations WHERE owner_id = $1 AND NOT is_removed ORDER BY updated_at DESC, id DESC LIMIT $2',
};
const RENAME: Statement = {
  name: 'rename-conversation',
  text: 'UPDATE conversations SET title = $1 WHERE id = $2 AND NOT is_removed RETURNING *',
};

/** ICU knows upper and lower case of all alphabets; a database made with the locale C knows those of ASCII only. */
const FIND_COLLATION: Statement = {
  name: 'find-collation',
  text: `SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'`,
};
const searching = (collation: string): Statement => ({
  name: 'search-conversations',
  text: `
    SELECT * FROM conversations
    WHERE owner_id = $1 AND NOT is_removed AND (title ${collation} ILIKE $2 OR EXISTS (
      SELECT 1 FROM messages WHERE conversation_id = conversations.id AND text ${collation} ILIKE $2))
    ORDER BY updated_at DESC, id DESC LIMIT $3`,
});

type Reads = Pick<
  Store,
  'getMessage' | 'listMessages' | 'getConversation' | 'lastSeqs' | 'listConversations' | 'renameConversation'
>;

export function createPostgresConversations(database: Database): Reads {
  let search: Statement | undefined;
  const searchStatement = async (): Promise<Statement> => {
    const hasIcu = (await database.rows(FIND_COLLATION, [])).length > 0;
    return searching(hasIcu ? 'COLLATE "und-x-icu"' : '');
  };

  return {
    async getMessage(messageId) {
      const [row] = await database.rows<MessageAndRequestRow & { owner_id: string }>(GET_MESSAGE, [
        messageId,
      ]);
      if (row === undefined) return undefined;
      const status = statusOfRow(row);
      return {
        message: messageOf(row),
        ...(status === undefined ? {} : { status }),
        ownerId: row.owner_id,
      };
    },
    async listMessages(conversationId, { afterSeq = 0, beforeSeq, limit }) {
      // One more than asked for tells whether there are more.
      const found =
        beforeSeq === undefined
          ? await database.rows<MessageAndRequestRow>(FIRST_MESSAGES, [conversationId, afterSeq, limit + 1])
          : await database.rows<MessageAndRequestRow>(LAST_MESSAGES, [
              conversationId,
              afterSeq,
              beforeSeq,
              limit + 1,
            ]);
      const hasMore = found.length > limit;
      const rows = hasMore ? found.slice(0, limit) : found;
      if (beforeSeq !== undefined) rows.reverse();
      return {
        messages: rows.map(messageOf),
        statuses: rows.flatMap((row) => statusOfRow(row) ?? []),
        hasMore,
      };
    },
    async getConversation(conversationId) {
      const [row] = await database.rows<StoredConversationRow>(GET_CONVERSATION, [conversationId]);
      return row === undefined ? undefined : conversationOf(row);
    },
    async lastSeqs(conversationIds) {
      const rows = await database.rows<Pick<StoredConversationRow, 'id' | 'last_seq'>>(LAST_SEQS, [
        conversationIds,
      ]);
      return new Map(rows.map((row) => [row.id, row.last_seq]));
    },
    async listConversations(ownerId, { limit, search: words }) {
      if (words === undefined) {
        const rows = await database.rows<StoredConversationRow>(LIST_CONVERSATIONS, [ownerId, limit]);
        return rows.map(conversationOf);
      }
      search ??= await searchStatement();
      const pattern = `%${words.replace(/[\\%_]/g, '\\$&')}%`;
      return (await database.rows<StoredConversationRow>(search, [ownerId, pattern, limit])).map(
        conversationOf,
      );
    },
    async renameConversation(conversationId, title) {
      const [row] = await database.rows<StoredConversationRow>(RENAME, [title, conversationId]);
      return row === undefined ? undefined : conversationOf(row);
    },
  };
}

function statusOfRow(row: MessageAndRequestRow): MessageStatus | undefined {
  return row.state === null ? undefined : statusOf(requestOf({ ...row, message_id: row.id }));
}
