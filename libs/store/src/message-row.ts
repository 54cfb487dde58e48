import {
  type ChatMessage,
  type Conversation,
  type Hop,
  type MessageState,
  type MessageStatus,
  ParleyError,
  type Participant,
  type RoutingDecision,
  type Target,
} from '@parley/shared-models';
import type { OutboxEntry } from './store.ts';

/** A row of `messages`, in both databases: objects are JSON text. */
export interface MessageRow {
  readonly id: string;
  readonly conversation_id: string;
  readonly seq: number;
  readonly kind: ChatMessage['kind'];
  readonly sender_kind: Participant['kind'];
  readonly sender_id: string;
  readonly sender_name: string;
  readonly receiver: string | null;
  readonly text: string;
  readonly in_reply_to: string | null;
  readonly created_at: string;
  readonly metadata: string | null;
  readonly state: MessageState | null;
  readonly attempt: number;
  readonly target: string | null;
  readonly routing: string | null;
  readonly routed_attempt: number | null;
  readonly hops: string | null;
  readonly answered_by: string | null;
  readonly error: string | null;
}

export function messageOf(row: MessageRow): ChatMessage {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    seq: row.seq,
    kind: row.kind,
    sender: { kind: row.sender_kind, id: row.sender_id, name: row.sender_name },
    ...(row.receiver === null ? {} : { receiver: JSON.parse(row.receiver) as Participant }),
    text: row.text,
    ...(row.in_reply_to === null ? {} : { inReplyTo: row.in_reply_to }),
    createdAt: row.created_at,
    ...(row.metadata === null
      ? {}
      : { metadata: JSON.parse(row.metadata) as NonNullable<ChatMessage['metadata']> }),
  };
}

/** Undefined for what is no request. */
export function statusOf(row: MessageRow): MessageStatus | undefined {
  if (row.state === null) return undefined;
  return {
    messageId: row.id,
    conversationId: row.conversation_id,
    status: row.state,
    ...(row.routing === null ? {} : { routing: JSON.parse(row.routing) as RoutingDecision }),
    hops: row.hops === null ? [] : (JSON.parse(row.hops) as Hop[]),
    ...(row.error === null ? {} : { error: JSON.parse(row.error) as NonNullable<MessageStatus['error']> }),
  };
}

export function outboxEntryOf(row: MessageRow): OutboxEntry {
  const target = row.target === null ? {} : { target: JSON.parse(row.target) as Target };
  return { message: messageOf(row), attempt: row.attempt, ...target };
}

export interface ConversationRow {
  readonly id: string;
  readonly owner_id: string;
  readonly title: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly last_seq: number;
  readonly preview: string;
}

export function conversationOf(row: ConversationRow): Conversation {
  return {
    id: row.id,
    ownerId: row.owner_id,
    title: row.title,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastSeq: row.last_seq,
    preview: row.preview,
  };
}

/** A conversation's title from its first message: the first line, at most 80 characters. */
export function titleOf(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length <= 80 ? line : `${line.slice(0, 79)}…`;
}

export const previewOf = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 140);

/** @throws ParleyError `id_conflict` unless the stored message is the very one that is sent again */
export function requireSame(stored: ChatMessage, sent: Omit<ChatMessage, 'seq'>): void {
  const isSame =
    stored.conversationId === sent.conversationId &&
    stored.sender.kind === sent.sender.kind &&
    stored.sender.id === sent.sender.id &&
    stored.text === sent.text;
  if (!isSame) throw new ParleyError('id_conflict', 'This message id was used before for another message.');
}
