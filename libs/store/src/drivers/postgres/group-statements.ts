import type { Request } from '@parley/requests';
import type { ChatMessage } from '@parley/shared-models';
import type pg from 'pg';
import type { ChangedConversation, Changes, Lookups } from '../../requests/unit-of-work.ts';
import {
  type HeadRow,
  headOf,
  jsonColumnsOf,
  MESSAGE_COLUMNS,
  messageOf,
  REQUEST_COLUMNS,
  requestOf,
  type StoredMessageRow,
  type StoredRequestRow,
} from '../../rows.ts';
import type { Keys } from '../../write-groups.ts';
import { query, type Statement } from './postgres-connection.ts';

// Rows are locked class by class and in the order of their ids, so that no two groups wait for each other.

const LOCK_CONVERSATIONS: Statement = {
  name: 'lock-conversations',
  text: `
    SELECT id, owner_id, last_seq, session FROM conversations
    WHERE id IN (
      SELECT unnest($1::text[])
      UNION SELECT conversation_id FROM requests WHERE message_id = ANY ($2::text[]))
    ORDER BY id FOR UPDATE OF conversations`,
};

const LOCK_REQUESTS: Statement = {
  name: 'lock-requests',
  text: `SELECT ${REQUEST_COLUMNS} FROM requests WHERE message_id = ANY ($1::text[]) ORDER BY message_id FOR UPDATE`,
};

const FIND_MESSAGES: Statement = {
  name: 'find-messages',
  text: `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE id = ANY ($1::text[])`,
};

const INSERT_CONVERSATIONS: Statement = {
  name: 'insert-conversations',
  text: `
    INSERT INTO conversations (id, owner_id, title, created_at, updated_at, last_seq, preview, session)
    SELECT id, "ownerId", title, "createdAt", clock_timestamp(), "lastSeq", preview, session::json
    FROM json_to_recordset($1) AS t (
      id text, "ownerId" text, title text, "createdAt" timestamptz, "lastSeq" integer, preview text, session text)`,
};

// Without a preview only the session has changed. One that was removed begins anew where it ended.
const UPDATE_CONVERSATIONS: Statement = {
  name: 'update-conversations',
  text: `
    UPDATE conversations SET last_seq = "lastSeq", session = t.session::json,
      preview = coalesce(t.preview, conversations.preview),
      updated_at = CASE WHEN t.preview IS NULL THEN updated_at ELSE clock_timestamp() END,
      title = CASE WHEN is_removed AND t.preview IS NOT NULL THEN t.preview ELSE title END,
      is_removed = is_removed AND t.preview IS NULL
    FROM json_to_recordset($1) AS t (id text, "lastSeq" integer, preview text, session text)
    WHERE conversations.id = t.id`,
};

// JSON comes as text inside the parameter: nested, its \u0000 would be refused.

const INSERT_MESSAGES: Statement = {
  name: 'insert-messages',
  text: `
    INSERT INTO messages (${MESSAGE_COLUMNS})
    SELECT id, "conversationId", seq, kind, "senderKind", "senderId", "senderName", receiver::json, text, "inReplyTo",
      "createdAt", metadata::json
    FROM json_to_recordset($1) AS t (
      id text, "conversationId" text, seq integer, kind text, "senderKind" text, "senderId" text, "senderName" text,
      receiver text, text text, "inReplyTo" text, "createdAt" timestamptz, metadata text)`,
};

const REQUEST_RECORD = `
  "messageId" text, "conversationId" text, seq integer, target text, session text, state text, attempt integer, "agentId" text,
  routing text, hops text, error text, "isInOutbox" boolean, "timeoutMs" integer, "routedAt" bigint, "unansweredMs" integer`;

const INSERT_REQUESTS: Statement = {
  name: 'insert-requests',
  text: `
    INSERT INTO requests (${REQUEST_COLUMNS})
    SELECT "messageId", "conversationId", seq, target::json, session::json, state, attempt, "agentId", routing::json,
      hops::json, error::json, CASE WHEN "isInOutbox" THEN clock_timestamp() END,
      "timeoutMs", "routedAt", "unansweredMs"
    FROM json_to_recordset($1) AS t (${REQUEST_RECORD})`,
};

const UPDATE_REQUESTS: Statement = {
  name: 'update-requests',
  text: `
    UPDATE requests SET
      state = t.state, attempt = t.attempt, agent_id = "agentId", routing = t.routing::json, hops = t.hops::json,
      error = t.error::json,
      outbox_since = CASE WHEN "isInOutbox" THEN coalesce(outbox_since, clock_timestamp()) END,
      leased_until = NULL, routed_at = "routedAt", unanswered_ms = "unansweredMs"
    FROM json_to_recordset($1) AS t (${REQUEST_RECORD})
    WHERE message_id = "messageId"`,
};

/** Reads and locks the rows that the writes are going to look at. For use inside a transaction. */
export async function load(client: pg.ClientBase, keys: readonly Keys[]): Promise<Lookups> {
  const all = (name: keyof Keys): string[] => [...new Set(keys.flatMap((each) => each[name] ?? []))];
  const conversations = all('conversations');
  const conversationsOf = all('conversationsOf');
  const requestIds = all('requests');
  const messageIds = all('messages');
  const isAppending = conversations.length + conversationsOf.length > 0;
  // Sent one behind the other: each sees the commits made while the one before it waited for its locks.
  const [heads, requests, messages] = await Promise.all([
    isAppending ? query<HeadRow>(client, LOCK_CONVERSATIONS, [conversations, conversationsOf]) : undefined,
    requestIds.length > 0 ? query<StoredRequestRow>(client, LOCK_REQUESTS, [requestIds]) : undefined,
    messageIds.length > 0 ? query<StoredMessageRow>(client, FIND_MESSAGES, [messageIds]) : undefined,
  ]);
  const conversation = byId((heads?.rows ?? []).map(headOf), ({ id }) => id);
  const request = byId((requests?.rows ?? []).map(requestOf), ({ messageId }) => messageId);
  const message = byId((messages?.rows ?? []).map(messageOf), ({ id }) => id);
  return { conversation, request, message };
}

function byId<T>(rows: readonly T[], idOf: (row: T) => string): (id: string) => T | undefined {
  const found = new Map(rows.map((row) => [idOf(row), row]));
  return (id) => found.get(id);
}

/** Writes all changes. For use inside the transaction in which they were loaded. */
export async function save(client: pg.ClientBase, changes: Changes): Promise<void> {
  const writes: (readonly [Statement, readonly object[]])[] = [
    [
      INSERT_CONVERSATIONS,
      changes.conversations.filter(({ made }) => made !== undefined).map(conversationRecord),
    ],
    [
      UPDATE_CONVERSATIONS,
      changes.conversations.filter(({ made }) => made === undefined).map(conversationRecord),
    ],
    [INSERT_MESSAGES, changes.messages.map(messageRecord)],
    [INSERT_REQUESTS, changes.newRequests.map(requestRecord)],
    [UPDATE_REQUESTS, changes.requests.map(requestRecord)],
  ];
  await Promise.all(
    writes
      .filter(([, records]) => records.length > 0)
      .map(([statement, records]) => query(client, statement, [JSON.stringify(records)])),
  );
}

function messageRecord({ sender, receiver, metadata, ...columns }: ChatMessage): object {
  return {
    ...columns,
    senderKind: sender.kind,
    senderId: sender.id,
    senderName: sender.name,
    ...(receiver === undefined ? {} : { receiver: JSON.stringify(receiver) }),
    ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
  };
}

function conversationRecord({ conversation, preview, made }: ChangedConversation): object {
  const { session, ...columns } = conversation;
  return {
    ...columns,
    ...made,
    preview,
    ...(session === undefined ? {} : { session: JSON.stringify(session) }),
  };
}

function requestRecord(request: Request): object {
  const { target, hint, decision, hops, error, ...columns } = request;
  return { ...columns, ...jsonColumnsOf(request) };
}
