import {
  agentSessionOf,
  type Conversation as ConversationHead,
  type OutboxEntry,
  outboxEntryOf,
  type Request,
  type SessionState,
} from '@parley/requests';
import type { ChatMessage, Conversation, Participant } from '@parley/shared-models';
import type { Selectable } from 'kysely';
import type { Tables } from './records/tables.ts';

// The columns of messages, requests and conversations, and their conversion; shared by their records and by the
// groups of writes.

export const MESSAGE_COLUMNS = [
  'id',
  'conversation_id',
  'seq',
  'kind',
  'sender_kind',
  'sender_id',
  'sender_name',
  'receiver',
  'text',
  'in_reply_to',
  'created_at',
  'metadata',
] as const;

export type StoredMessageRow = Selectable<Tables['messages']>;

export function messageOf(row: StoredMessageRow): ChatMessage {
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
      : { metadata: JSON.parse(row.metadata) as ChatMessage['metadata'] & object }),
  };
}

/** The columns with the status of a message that a person sent. */
export const STATUS_COLUMNS = [
  'target',
  'session',
  'state',
  'attempt',
  'agent_id',
  'routing',
  'hops',
  'error',
  'outbox_since',
  'timeout_ms',
  'routed_at',
  'unanswered_ms',
] as const;

export const REQUEST_COLUMNS = ['message_id', 'conversation_id', 'seq', ...STATUS_COLUMNS] as const;

export type StoredRequestRow = Pick<Selectable<Tables['requests']>, (typeof REQUEST_COLUMNS)[number]>;

// JSON was checked before it was stored.
const jsonOf = <T>(text: string | null): T | undefined =>
  text === null ? undefined : (JSON.parse(text) as T);

export function requestOf(row: StoredRequestRow): Request {
  return {
    messageId: row.message_id,
    conversationId: row.conversation_id,
    seq: row.seq,
    target: jsonOf(row.target),
    hint: jsonOf(row.session),
    state: row.state === 'delivered' ? 'routed' : row.state,
    attempt: row.attempt,
    agentId: row.agent_id ?? undefined,
    decision: jsonOf(row.routing),
    hops: jsonOf(row.hops) ?? [],
    error: jsonOf(row.error),
    isInOutbox: row.outbox_since !== null,
    timeoutMs: row.timeout_ms ?? undefined,
    routedAt: row.routed_at ?? undefined,
    unansweredMs: row.unanswered_ms,
  };
}

/** The columns of a request that hold JSON, as text. */
export function jsonColumnsOf({ target, hint, decision, hops, error }: Request) {
  const textOf = (value: object | undefined): string | null =>
    value === undefined ? null : JSON.stringify(value);
  return {
    target: textOf(target),
    session: textOf(hint),
    routing: textOf(decision),
    hops: JSON.stringify(hops),
    error: textOf(error),
  };
}

export type DueRow = StoredMessageRow & Pick<StoredRequestRow, 'target' | 'session' | 'attempt' | 'hops'>;

export function dueEntryOf(row: DueRow): OutboxEntry {
  return outboxEntryOf(messageOf(row), {
    target: jsonOf(row.target),
    hint: jsonOf(row.session),
    attempt: row.attempt,
    hops: jsonOf(row.hops) ?? [],
  });
}

export type StoredConversationRow = Selectable<Tables['conversations']>;
export type HeadRow = Pick<StoredConversationRow, 'id' | 'owner_id' | 'last_seq' | 'session'>;

export function headOf(row: HeadRow): ConversationHead {
  const { id, owner_id: ownerId, last_seq: lastSeq } = row;
  return { id, ownerId, lastSeq, session: jsonOf<SessionState>(row.session) };
}

export function conversationOf(row: StoredConversationRow): Conversation {
  const session = agentSessionOf(jsonOf<SessionState>(row.session), Date.now());
  return {
    id: row.id,
    ownerId: row.owner_id,
    title: row.title,
    createdAt: row.created_at,
    updatedAt: new Date(row.updated_at).toISOString(),
    lastSeq: row.last_seq,
    preview: row.preview,
    ...(session === undefined ? {} : { session }),
  };
}
