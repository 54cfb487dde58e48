import { statusOf } from '@parley/requests';
import type { MessageStatus } from '@parley/shared-models';
import { sql } from 'kysely';
import type { TranscriptStore } from '../ports/transcripts.ts';
import {
  conversationOf,
  MESSAGE_COLUMNS,
  messageOf,
  requestOf,
  STATUS_COLUMNS,
  type StoredMessageRow,
  type StoredRequestRow,
} from '../rows.ts';
import type { Store } from '../store.ts';
import { all, type Database, first, type Given, prepared } from './database.ts';

interface FirstPage {
  readonly conversationId: string;
  readonly afterSeq: number;
  readonly limit: number;
}
type LastPage = FirstPage & { readonly beforeSeq: number };

type Conversations = Pick<
  Store,
  'getMessage' | 'listMessages' | 'getConversation' | 'lastSeqs' | 'listConversations' | 'renameConversation'
> & { readonly transcripts: TranscriptStore };

export function createConversations({ db, isAmong, read, change, search }: Database): Conversations {
  const isThere = sql<boolean>`NOT is_removed`;
  const conversations = db.selectFrom('conversations').selectAll().where(isThere);
  /** Each with its request, where it has one. */
  const messages = db
    .selectFrom('messages')
    .leftJoin('requests', 'requests.message_id', 'messages.id')
    .select(MESSAGE_COLUMNS.map((column) => `messages.${column}` as const))
    .select(STATUS_COLUMNS.map((column) => `requests.${column}` as const));

  const findMessage = prepared(({ messageId }: Given<{ messageId: string }>) =>
    messages
      .innerJoin('conversations', 'conversations.id', 'messages.conversation_id')
      .select('owner_id')
      .where('messages.id', '=', messageId),
  );
  const findFirst = prepared(({ conversationId, afterSeq, limit }: Given<FirstPage>) =>
    messages
      .where('messages.conversation_id', '=', conversationId)
      .where('messages.seq', '>', afterSeq)
      .orderBy('messages.seq')
      .limit(limit),
  );
  const findLast = prepared(({ conversationId, afterSeq, beforeSeq, limit }: Given<LastPage>) =>
    messages
      .where('messages.conversation_id', '=', conversationId)
      .where('messages.seq', '>', afterSeq)
      .where('messages.seq', '<', beforeSeq)
      .orderBy('messages.seq', 'desc')
      .limit(limit),
  );
  const find = prepared(({ id }: Given<{ id: string }>) => conversations.where('id', '=', id));
  const findLastSeqs = prepared(({ ids }: Given<{ ids: readonly string[] }>) =>
    db.selectFrom('conversations').select(['id', 'last_seq']).where(isAmong('id', ids)),
  );
  const findNewest = prepared(({ ownerId, limit }: Given<{ ownerId: string; limit: number }>) =>
    conversations
      .where('owner_id', '=', ownerId)
      .orderBy('updated_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit),
  );
  const findById = prepared(
    ({ ownerId, afterId, limit }: Given<{ ownerId: string; afterId: string; limit: number }>) =>
      conversations.where('owner_id', '=', ownerId).where('id', '>', afterId).orderBy('id').limit(limit),
  );
  const rename = prepared(({ id, title }: Given<{ id: string; title: string }>) =>
    db.updateTable('conversations').set({ title }).where('id', '=', id).where(isThere).returningAll(),
  );

  return {
    getMessage: (messageId) =>
      read(function* () {
        const row = yield* first(findMessage({ messageId }));
        if (row === undefined) return undefined;
        const [status] = statusesOf([row]);
        return {
          message: messageOf(row),
          ...(status === undefined ? {} : { status }),
          ownerId: row.owner_id,
        };
      }),
    listMessages: (conversationId, { afterSeq = 0, beforeSeq, limit }) =>
      read(function* () {
        // One more than asked for tells whether there are more.
        const page = { conversationId, afterSeq, limit: limit + 1 };
        const found = yield* all(
          beforeSeq === undefined ? findFirst(page) : findLast({ ...page, beforeSeq }),
        );
        const rows = found.slice(0, limit);
        if (beforeSeq !== undefined) rows.reverse();
        return { messages: rows.map(messageOf), statuses: statusesOf(rows), hasMore: found.length > limit };
      }),
    getConversation: (id) =>
      read(function* () {
        const row = yield* first(find({ id }));
        return row && conversationOf(row);
      }),
    lastSeqs: (ids) =>
      read(function* () {
        return new Map((yield* all(findLastSeqs({ ids }))).map((row) => [row.id, row.last_seq]));
      }),
    async listConversations(ownerId, { limit, search: words }) {
      const rows = await (words === undefined
        ? read(() => all(findNewest({ ownerId, limit })))
        : search(ownerId, words, limit));
      return rows.map(conversationOf);
    },
    async renameConversation(id, title) {
      const [row] = await change(rename({ id, title }));
      return row && conversationOf(row);
    },
    transcripts: {
      conversationsOf: (ownerId, { limit, afterId = '' }) =>
        read(function* () {
          return (yield* all(findById({ ownerId, afterId, limit }))).map(conversationOf);
        }),
    },
  };
}

type MessageRow = StoredMessageRow & {
  readonly [Column in (typeof STATUS_COLUMNS)[number]]: StoredRequestRow[Column] | null;
};

function statusesOf(rows: readonly MessageRow[]): MessageStatus[] {
  return rows
    .filter(({ state }) => state !== null)
    .map((row) =>
      statusOf(requestOf({ ...(row as StoredMessageRow & StoredRequestRow), message_id: row.id })),
    );
}
