import type { ChatMessage } from '@parley/shared-models';
import type pg from 'pg';
import {
  MESSAGE_COLUMNS,
  messageOf,
  REQUEST_COLUMNS,
  requestOf,
  type StoredMessageRow,
  type StoredRequestRow,
} from '../rows.ts';
import type { Keys } from '../rules/workspace.ts';
import { query, type Statement } from './connection.ts';
import type { Changes, Loaded } from './loaded-workspace.ts';

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
    INSERT INTO conversations (id, owner_id, title, created_at, updated_at, last_seq, preview)
    SELECT id, "ownerId", title, "createdAt", clock_timestamp(), "lastSeq", preview
    FROM json_to_recordset($1) AS t (
      id text, "ownerId" text, title text, "createdAt" timestamptz, "lastSeq" integer, preview text)`,
};

const UPDATE_CONVERSATIONS: Statement = {
  name: 'update-conversations',
  text: `
    UPDATE conversations SET last_seq = "lastSeq", preview = t.preview, updated_at = clock_timestamp(),
      title = CASE WHEN is_removed THEN t.preview ELSE title END, is_removed = false
    FROM json_to_recordset($1) AS t (id text, "lastSeq" integer, preview text)
    WHERE conversations.id = t.id`,
};

const UPDATE_SESSIONS: Statement = {
  name: 'update-sessions',
  text: `
    UPDATE conversations SET session = t.session::json
    FROM json_to_recordset($1) AS t (id text, session text)
    WHERE conversations.id = t.id`,
};

// What is JSON comes as text inside the parameter: nested, its \u0000 would be refused.

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

interface HeadRow {
  readonly id: string;
  readonly owner_id: string;
  readonly last_seq: number;
  readonly session: string | null;
}

/** Reads and locks what the writes are going to look at. For use inside a transaction. */
export async function load(client: pg.ClientBase, keys: readonly Keys[]): Promise<Loaded> {
  const all = (name: keyof Keys): string[] => [...new Set(keys.flatMap((each) => each[name] ?? []))];
  const conversations = all('conversations');
  const conversationsOf = all('conversationsOf');
  const requestIds = all('requests');
  const messageIds = all('messages');
  const isAppending = conversations.length + conversationsOf.length > 0;
  // Sent one behind the other: each sees what was committed while the one before it waited for its locks.
  const [heads, requests, messages] = await Promise.all([
    isAppending ? query<HeadRow>(client, LOCK_CONVERSATIONS, [conversations, conversationsOf]) : undefined,
    requestIds.length > 0 ? query<StoredRequestRow>(client, LOCK_REQUESTS, [requestIds]) : undefined,
    messageIds.length > 0 ? query<StoredMessageRow>(client, FIND_MESSAGES, [messageIds]) : undefined,
  ]);
  return {
    conversations: (heads?.rows ?? []).map((row) => ({
      id: row.id,
      ownerId: row.owner_id,
      lastSeq: row.last_seq,
      session: row.session ?? undefined,
    })),
    requests: (requests?.rows ?? []).map(requestOf),
    messages: (messages?.rows ?? []).map(messageOf),
  };
}

/** Writes all changes. For use inside the transaction in which they were loaded. */
export async function save(client: pg.ClientBase, changes: Changes): Promise<void> {
  const writes: (readonly [Statement, readonly object[]])[] = [
    [INSERT_CONVERSATIONS, changes.newConversations],
    [UPDATE_CONVERSATIONS, changes.conversations],
    [UPDATE_SESSIONS, changes.sessions],
    [INSERT_MESSAGES, changes.newMessages.map(recordOf)],
    [INSERT_REQUESTS, changes.newRequests],
    [UPDATE_REQUESTS, changes.requests],
  ];
  await Promise.all(
    writes
      .filter(([, records]) => records.length > 0)
      .map(([statement, records]) => query(client, statement, [JSON.stringify(records)])),
  );
}

function recordOf({ sender, receiver, metadata, ...columns }: ChatMessage): object {
  return {
    ...columns,
    senderKind: sender.kind,
    senderId: sender.id,
    senderName: sender.name,
    ...(receiver === undefined ? {} : { receiver: JSON.stringify(receiver) }),
    ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
  };
}
