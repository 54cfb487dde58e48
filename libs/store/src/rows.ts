import {
  agentSessionOf,
  type Conversation as ConversationHead,
  type OutboxEntry,
  outboxEntryOf,
  type Request,
  type SessionState,
} from '@parley/requests';
import type {
  AgentProfile,
  AgentState,
  ChatMessage,
  Conversation,
  DeadLetter,
  Participant,
  WantedAgentState,
} from '@parley/shared-models';
import type { StoredAgent, TravellingRequest } from './store.ts';

// Rows as both databases give them: JSON as text, times as whatever `Date` understands.

/** Milliseconds since 1970, or ISO 8601. */
type Time = number | string;

export const MESSAGE_COLUMNS =
  'id, conversation_id, seq, kind, sender_kind, sender_id, sender_name, receiver, text, in_reply_to, created_at, metadata';

export interface StoredMessageRow {
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
}

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

export const REQUEST_COLUMNS =
  'message_id, conversation_id, seq, target, session, state, attempt, agent_id, routing, hops, error, outbox_since, timeout_ms, routed_at, unanswered_ms';

export interface StoredRequestRow {
  readonly message_id: string;
  readonly conversation_id: string;
  readonly seq: number;
  readonly target: string | null;
  readonly session: string | null;
  /** `delivered` was stored by earlier versions. */
  readonly state: Request['state'] | 'delivered';
  readonly attempt: number;
  readonly agent_id: string | null;
  readonly routing: string | null;
  readonly hops: string;
  readonly error: string | null;
  readonly outbox_since: Time | null;
  readonly timeout_ms: number | null;
  /** PostgreSQL gives it as text. */
  readonly routed_at: number | string | null;
  readonly unanswered_ms: number;
}

// What was stored as JSON was checked before it was stored.
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
    routedAt: row.routed_at === null ? undefined : Number(row.routed_at),
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

export const TRAVELLING_COLUMNS =
  'message_id, conversation_id, seq, attempt, agent_id, timeout_ms, routed_at, unanswered_ms';

/** The index of the travelling ones is defined by the same words. */
export const IS_TRAVELLING = "outbox_since IS NULL AND state IN ('accepted', 'routed', 'delivered')";

export type TravellingRow = Pick<
  StoredRequestRow,
  | 'message_id'
  | 'conversation_id'
  | 'seq'
  | 'attempt'
  | 'agent_id'
  | 'timeout_ms'
  | 'routed_at'
  | 'unanswered_ms'
>;

export function travellingOf(row: TravellingRow): TravellingRequest {
  return {
    messageId: row.message_id,
    conversationId: row.conversation_id,
    seq: row.seq,
    attempt: row.attempt,
    agentId: row.agent_id ?? undefined,
    timeoutMs: row.timeout_ms ?? undefined,
    routedAt: row.routed_at === null ? undefined : Number(row.routed_at),
    unansweredMs: row.unanswered_ms,
  };
}

export interface StoredConversationRow {
  readonly id: string;
  readonly owner_id: string;
  readonly title: string;
  readonly created_at: string;
  readonly updated_at: Time;
  readonly last_seq: number;
  readonly preview: string;
  readonly session: string | null;
}

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

export interface AgentRow {
  readonly agent_id: string;
  readonly profile: string;
  readonly state: AgentState;
  readonly wanted: WantedAgentState;
  readonly incarnation: number;
  readonly last_seen: Time;
}

export function agentOf(row: AgentRow): StoredAgent {
  return {
    agentId: row.agent_id,
    profile: JSON.parse(row.profile) as AgentProfile,
    state: row.state,
    wanted: row.wanted,
    incarnation: row.incarnation,
    lastSeen: new Date(row.last_seen).toISOString(),
  };
}

export interface AgentGroupRow {
  readonly agent_group: string;
  readonly is_removed: boolean | number;
}

export const agentGroupOf = (row: AgentGroupRow): { group: string; isRemoved: boolean } => ({
  group: row.agent_group,
  isRemoved: Boolean(row.is_removed),
});

export interface LetterRow {
  readonly state: DeadLetter['state'];
  readonly letter: string;
}

export function letterOf(row: LetterRow): DeadLetter {
  return { ...(JSON.parse(row.letter) as DeadLetter), state: row.state };
}
