import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { type ChatMessage, ParleyError, type UnstoredMessage } from '@parley/shared-models';
import { type ConversationRow, type MessageRow, previewOf, titleOf } from '../message-row.ts';

/** What all writes to conversations share. To be called inside a transaction. */
export interface MessageStatements {
  findMessage(id: string): MessageRow | undefined;
  findConversation(id: string): ConversationRow | undefined;
  /** Makes the conversation if it is not there. @throws ParleyError `forbidden` when it is somebody else's */
  claimConversation(message: UnstoredMessage, ownerId: string): void;
  /** Gives the message the next seq of its conversation and stores it. */
  append(message: UnstoredMessage, request?: { target: string | null; hops: string }): ChatMessage;
  addToOutbox(messageId: string): void;
}

export function createMessageStatements(database: DatabaseSync): MessageStatements {
  const selectMessage = database.prepare('SELECT * FROM messages WHERE id = ?');
  const selectConversation = database.prepare('SELECT * FROM conversations WHERE id = ?');
  const insertConversation = database.prepare(
    'INSERT INTO conversations (id, owner_id, title, created_at, updated_at, last_seq, preview) VALUES (?, ?, ?, ?, ?, 0, ?)',
  );
  const nextSeq = database.prepare(
    'UPDATE conversations SET last_seq = last_seq + 1, updated_at = ?, preview = ? WHERE id = ? RETURNING last_seq',
  );
  const insertMessage = database.prepare(
    `INSERT INTO messages (id, conversation_id, seq, kind, sender_kind, sender_id, sender_name, receiver, text,
       in_reply_to, created_at, metadata, state, target, hops)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertOutbox = database.prepare(
    'INSERT INTO outbox (message_id, created_at) VALUES (?, ?) ON CONFLICT DO UPDATE SET leased_until = 0',
  );
  const json = (value: unknown): SQLInputValue => (value === undefined ? null : JSON.stringify(value));

  const findConversation = (id: string): ConversationRow | undefined =>
    selectConversation.get(id) as ConversationRow | undefined;

  return {
    findMessage: (id) => selectMessage.get(id) as MessageRow | undefined,
    findConversation,
    claimConversation(message, ownerId) {
      const conversation = findConversation(message.conversationId);
      if (conversation === undefined) {
        const { conversationId, text, createdAt } = message;
        insertConversation.run(conversationId, ownerId, titleOf(text), createdAt, createdAt, previewOf(text));
      } else if (conversation.owner_id !== ownerId) {
        throw new ParleyError('forbidden', 'That conversation belongs to somebody else.');
      }
    },
    append(message, request) {
      const row = nextSeq.get(message.createdAt, previewOf(message.text), message.conversationId) as
        | { last_seq: number }
        | undefined;
      if (row === undefined) throw new ParleyError('not_found', 'There is no such conversation.');
      const { sender } = message;
      insertMessage.run(
        message.id,
        message.conversationId,
        row.last_seq,
        message.kind,
        sender.kind,
        sender.id,
        sender.name,
        json(message.receiver),
        message.text,
        message.inReplyTo ?? null,
        message.createdAt,
        json(message.metadata),
        request === undefined ? null : 'accepted',
        request?.target ?? null,
        request?.hops ?? null,
      );
      return { ...message, seq: row.last_seq };
    },
    addToOutbox: (messageId) => {
      insertOutbox.run(messageId, Date.now());
    },
  };
}
