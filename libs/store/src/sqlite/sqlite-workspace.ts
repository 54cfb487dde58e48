import type { Prepare } from '@parley/sqlite';
import {
  MESSAGE_COLUMNS,
  messageOf,
  REQUEST_COLUMNS,
  requestOf,
  type StoredMessageRow,
  type StoredRequestRow,
} from '../rows.ts';
import type { Workspace } from '../rules/workspace.ts';

/** The rules' view of the file. Only for use inside a transaction. */
export function createSqliteWorkspace(prepare: Prepare, now: () => number): Workspace {
  const findMessage = prepare.one<StoredMessageRow>(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE id = ?`);
  const findRequest = prepare.one<StoredRequestRow>(
    `SELECT ${REQUEST_COLUMNS} FROM requests WHERE message_id = ?`,
  );
  const findConversation = prepare.one<{
    owner_id: string;
    last_seq: number;
    session: string | null;
  }>('SELECT owner_id, last_seq, session FROM conversations WHERE id = ?');
  const insertConversation = prepare.change(
    'INSERT INTO conversations (id, owner_id, title, created_at, updated_at) VALUES (?, ?, ?, ?, ?)',
  );
  const updateConversation = prepare.change(
    // One that was removed begins anew where it ended.
    `UPDATE conversations SET last_seq = ?1, updated_at = ?2, preview = ?3, title = iif(is_removed, ?3, title), is_removed = 0
    WHERE id = ?4`,
  );
  const updateSession = prepare.change('UPDATE conversations SET session = ? WHERE id = ?');
  const insertMessage = prepare.change(
    `INSERT INTO messages (${MESSAGE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertRequest = prepare.change(
    `INSERT INTO requests (${REQUEST_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const updateRequest = prepare.change(`
    UPDATE requests SET state = ?, attempt = ?, agent_id = ?, routing = ?, hops = ?, error = ?,
      outbox_since = iif(?, coalesce(outbox_since, ?), NULL), leased_until = NULL, routed_at = ?, unanswered_ms = ?
    WHERE message_id = ?`);

  return {
    message(id) {
      const row = findMessage(id);
      return row === undefined ? undefined : messageOf(row);
    },
    request(messageId) {
      const row = findRequest(messageId);
      return row === undefined ? undefined : requestOf(row);
    },
    conversation(id) {
      const row = findConversation(id);
      if (row === undefined) return undefined;
      return {
        id,
        ownerId: row.owner_id,
        lastSeq: row.last_seq,
        session: row.session ?? undefined,
      };
    },
    addConversation({ id, ownerId, title, createdAt }) {
      insertConversation(id, ownerId, title, createdAt, now());
    },
    append(message, preview) {
      const { id, conversationId, seq, kind, sender, receiver, text, inReplyTo, createdAt, metadata } =
        message;
      updateConversation(seq, now(), preview, conversationId);
      insertMessage(
        id,
        conversationId,
        seq,
        kind,
        sender.kind,
        sender.id,
        sender.name,
        receiver === undefined ? null : JSON.stringify(receiver),
        text,
        inReplyTo ?? null,
        createdAt,
        metadata === undefined ? null : JSON.stringify(metadata),
      );
    },
    saveSession(conversationId, session) {
      updateSession(session, conversationId);
    },
    addRequest(row) {
      insertRequest(
        row.messageId,
        row.conversationId,
        row.seq,
        row.target ?? null,
        row.session ?? null,
        row.state,
        row.attempt,
        row.agentId ?? null,
        row.routing ?? null,
        row.hops,
        row.error ?? null,
        row.isInOutbox ? now() : null,
        row.timeoutMs ?? null,
        row.routedAt ?? null,
        row.unansweredMs,
      );
    },
    saveRequest(row) {
      updateRequest(
        row.state,
        row.attempt,
        row.agentId ?? null,
        row.routing ?? null,
        row.hops,
        row.error ?? null,
        row.isInOutbox ? 1 : 0,
        now(),
        row.routedAt ?? null,
        row.unansweredMs,
        row.messageId,
      );
    },
  };
}
