import { statusOf } from '@parley/requests';
import { storableText } from '@parley/shared-models';
import type { Prepare } from '@parley/sqlite';
import {
  conversationOf,
  MESSAGE_COLUMNS,
  messageOf,
  REQUEST_COLUMNS,
  requestOf,
  type StoredConversationRow,
  type StoredMessageRow,
  type StoredRequestRow,
} from '../rows.ts';
import type { Store } from '../store.ts';
import { createSqliteSearch } from './search.ts';

type Result<Method extends keyof Store> = Store[Method] extends (...args: infer Args) => Promise<infer T>
  ? (...args: Args) => T
  : never;

export interface SqliteConversations {
  readonly getMessage: Result<'getMessage'>;
  readonly listMessages: Result<'listMessages'>;
  readonly getConversation: Result<'getConversation'>;
  readonly lastSeqs: Result<'lastSeqs'>;
  readonly listConversations: Store['listConversations'];
  readonly renameConversation: Result<'renameConversation'>;
}

export function createSqliteConversations(prepare: Prepare): SqliteConversations {
  const findMessage = prepare.one<StoredMessageRow & { owner_id: string }>(`
    SELECT messages.*, owner_id FROM messages JOIN conversations ON conversations.id = conversation_id
    WHERE messages.id = ?`);
  const findRequest = prepare.one<StoredRequestRow>(
    `SELECT ${REQUEST_COLUMNS} FROM requests WHERE message_id = ?`,
  );
  const findFirst = prepare.all<StoredMessageRow>(`
    SELECT ${MESSAGE_COLUMNS} FROM messages WHERE conversation_id = ? AND seq > ? ORDER BY seq LIMIT ?`);
  const findLast = prepare.all<StoredMessageRow>(`
    SELECT ${MESSAGE_COLUMNS} FROM messages WHERE conversation_id = ? AND seq > ? AND seq < ?
    ORDER BY seq DESC LIMIT ?`);
  const findConversation = prepare.one<StoredConversationRow>(
    'SELECT * FROM conversations WHERE id = ? AND is_removed = 0',
  );
  const findLastSeqs = prepare.all<Pick<StoredConversationRow, 'id' | 'last_seq'>>(
    'SELECT id, last_seq FROM conversations WHERE id IN (SELECT value FROM json_each(?))',
  );
  const findConversations = prepare.all<StoredConversationRow>(
    'SELECT * FROM conversations WHERE owner_id = ? AND is_removed = 0 ORDER BY updated_at DESC, id DESC LIMIT ?',
  );
  const rename = prepare.one<StoredConversationRow>(
    'UPDATE conversations SET title = ? WHERE id = ? AND is_removed = 0 RETURNING *',
  );

  const search = createSqliteSearch(prepare);

  return {
    getMessage(messageId) {
      const row = findMessage(messageId);
      if (row === undefined) return undefined;
      const request = findRequest(messageId);
      return {
        message: messageOf(row),
        ...(request === undefined ? {} : { status: statusOf(requestOf(request)) }),
        ownerId: row.owner_id,
      };
    },
    listMessages(conversationId, { afterSeq = 0, beforeSeq, limit }) {
      // One more than asked for tells whether there are more.
      const found =
        beforeSeq === undefined
          ? findFirst(conversationId, afterSeq, limit + 1)
          : findLast(conversationId, afterSeq, beforeSeq, limit + 1);
      const hasMore = found.length > limit;
      const rows = hasMore ? found.slice(0, limit) : found;
      if (beforeSeq !== undefined) rows.reverse();
      const statuses = rows.flatMap(({ id, kind }) => {
        const request = kind === 'TEXT' ? findRequest(id) : undefined;
        return request === undefined ? [] : [statusOf(requestOf(request))];
      });
      return { messages: rows.map(messageOf), statuses, hasMore };
    },
    getConversation(conversationId) {
      const row = findConversation(conversationId);
      return row === undefined ? undefined : conversationOf(row);
    },
    lastSeqs: (conversationIds) =>
      new Map(findLastSeqs(JSON.stringify(conversationIds)).map((row) => [row.id, row.last_seq])),
    async listConversations(ownerId, { limit, search: words }) {
      const rows =
        words === undefined ? findConversations(ownerId, limit) : await search(ownerId, words, limit);
      return rows.map(conversationOf);
    },
    renameConversation(conversationId, title) {
      const row = rename(storableText(title), conversationId);
      return row === undefined ? undefined : conversationOf(row);
    },
  };
}
