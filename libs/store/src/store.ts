import type {
  AgentProfile,
  AgentSession,
  AgentState,
  ChatMessage,
  Conversation,
  DeadLetter,
  ErrorCode,
  Hop,
  MessageStatus,
  RoutingDecision,
  SessionHint,
  Target,
  UnstoredMessage,
  WantedAgentState,
} from '@parley/shared-models';
import type { AuditStore } from './ports/audit.ts';
import type { CommandStore } from './ports/commands.ts';
import type { EventStore } from './ports/events.ts';
import type { MemoryStore } from './ports/memory.ts';
import type { RetentionStore } from './ports/retention.ts';
import type { RevokedTokenStore } from './ports/revoked-tokens.ts';
import type { SecretStore } from './ports/secrets.ts';
import type { TaskStore } from './ports/tasks.ts';
import type { TranscriptStore } from './ports/transcripts.ts';
import type { UsageStore } from './ports/usage.ts';

/** A message that a person sent, as the server takes it. */
export interface AcceptInput {
  readonly message: UnstoredMessage;
  /** Whose conversation it is; a new conversation belongs to this user. */
  readonly ownerId: string;
  readonly target?: Target;
  /** Whether the text says END: then it closes the session, unless it is addressed to somebody else. @default false */
  readonly isSessionEnd?: boolean;
  /** How long an agent may take over it, in milliseconds. @default what the agent that gets it has registered */
  readonly timeoutMs?: number;
}

export interface Accepted {
  readonly message: ChatMessage;
  /** What the message carries to the broker: who holds the conversation, or had its last message. */
  readonly session?: SessionHint;
  /** Who holds the conversation, where that has changed or goes on for longer; null: nobody any more. */
  readonly sessionChange?: AgentSession | null;
  /** The id was known: nothing was written, `message` is what was stored the first time. */
  readonly isDuplicate: boolean;
}

/** A stored message that still has to reach `broker_input_queue`. */
export interface OutboxEntry {
  readonly message: ChatMessage;
  readonly target?: Target;
  readonly session?: SessionHint;
  /** How often it was routed before. */
  readonly attempt: number;
  /** Where it was in the attempts before this one. @default nowhere */
  readonly hops?: readonly Hop[];
}

/** What a session has to know of the agent that a broker chose. */
export interface Partner {
  readonly group: string;
  /** The conversation's following messages are its, until the person says END. */
  readonly holdsSession: boolean;
  /** For how long without a message, in milliseconds. */
  readonly sessionTtlMs: number;
}

/** An attempt of a message that `broker_input_queue` holds. */
export interface PublishedAttempt {
  readonly messageId: string;
  readonly attempt: number;
}

/** A request that is in a queue, or in somebody's hand. */
export interface TravellingRequest {
  readonly messageId: string;
  readonly conversationId: string;
  readonly seq: number;
  readonly attempt: number;
  /** Who has it; undefined: no agent yet. */
  readonly agentId: string | undefined;
  /** As in `AcceptInput`. */
  readonly timeoutMs: number | undefined;
  /** When this attempt was given to the agent, in milliseconds since 1970. */
  readonly routedAt: number | undefined;
  /** As `countUnanswered` has stored it. */
  readonly unansweredMs: number;
}

/** For how long an answer has been due in one attempt of a request, in milliseconds. */
export interface UnansweredAttempt {
  readonly messageId: string;
  readonly attempt: number;
  readonly unansweredMs: number;
}

/**
 * What became of a broker's decision. `routed`: recorded, hand it on. `repeated`: this attempt was decided before;
 * the first decision stands and is returned, hand it on to that agent (downstream drops the duplicate).
 * `settled`: the message has ended, or is on a later attempt; drop it. `unknown`: no such message, or no such attempt yet.
 */
export type RouteOutcome =
  | {
      readonly outcome: 'routed' | 'repeated';
      readonly decision: RoutingDecision;
      /** The session that this decision has opened or moved. */
      readonly session?: AgentSession;
    }
  | { readonly outcome: 'settled' | 'unknown' };

/**
 * `stored` with its seq; `duplicate`: this reply was stored before; `refused`: the request has ended otherwise, is with
 * another agent, or is unknown. A duplicate may have been stored by a server that died before it told anybody.
 */
export type ReplyOutcome =
  | {
      readonly outcome: 'stored' | 'duplicate';
      readonly message: ChatMessage;
      readonly status: MessageStatus;
    }
  | { readonly outcome: 'refused'; readonly reason: 'unknown_request' | 'request_ended' | 'other_agent' };

export interface ReplyInput {
  readonly reply: UnstoredMessage;
  /** The message that it answers. */
  readonly requestId: string;
  readonly agentId: string;
  readonly hops: readonly Hop[];
  /**
   * It follows from an event or a task: any agent may have said it under its id, it is taken also after the request has
   * ended, and it changes nothing about the request. @default false
   */
  readonly isBesideAnswer?: boolean;
  /**
   * The agent that has the request now, of the same group: while that has not answered, this one's answer is taken as well.
   * What is beside the answer is taken whoever has it. @default nobody
   */
  readonly inPlaceOf?: string;
}

export interface SettleInput {
  readonly requestId: string;
  readonly agentId: string;
  readonly hops: readonly Hop[];
  /** As in `ReplyInput`. */
  readonly inPlaceOf?: string;
}

export interface FailInput {
  readonly requestId: string;
  readonly status: 'failed' | 'dead_lettered';
  readonly error: { readonly code: ErrorCode; readonly message: string };
  readonly hops: readonly Hop[];
  /** Which attempt failed; it does not count once the request is on a later one. @default the current one */
  readonly attempt?: number;
  /** It failed before an agent had it; that does not count once somebody has been given it. @default false */
  readonly isUnrouted?: boolean;
}

/**
 * `ended`: it was answered or had failed before, nothing was written. How it failed is told again, with its ERROR
 * message where that is known: whoever ended it may have died before it told anybody. `overtaken`: of an earlier attempt
 * than the request is on, or another copy of the message has got further; nothing was written.
 */
export type FailOutcome =
  | { readonly outcome: 'failed'; readonly message: ChatMessage; readonly status: MessageStatus }
  | { readonly outcome: 'ended'; readonly message?: ChatMessage; readonly status?: MessageStatus }
  | { readonly outcome: 'overtaken' | 'unknown' };

export interface StoredAgent {
  readonly agentId: string;
  readonly profile: AgentProfile;
  /** The last known. */
  readonly state: AgentState;
  /** Outlives restarts of the server and of the agent. */
  readonly wanted: WantedAgentState;
  readonly incarnation: number;
  /** ISO 8601. */
  readonly lastSeen: string;
}

export interface MessageQuery {
  /** Only messages after this seq. @default 0 */
  readonly afterSeq?: number;
  /** Instead of the first messages after `afterSeq`, the last ones between it and this seq. */
  readonly beforeSeq?: number;
  readonly limit: number;
}

/**
 * The truth about conversations. Every method that writes is atomic and durable when its promise resolves;
 * drivers may group concurrent writes into one transaction, each failing or succeeding alone. Where a
 * redelivery or the next look brings the same about again (`markPublished`, `recordRouting`, `markDelivered`, `countUnanswered`),
 * a power cut may undo it.
 * Text is kept as well-formed Unicode without NUL: what is neither becomes U+FFFD.
 * All methods @throws ParleyError `store_unavailable` when the database cannot be reached, is locked for long, or is
 *   full, and after `close()`.
 */
export interface Store {
  readonly kind: 'sqlite' | 'postgres';
  /** What agents remember. */
  readonly events: EventStore;
  readonly memory: MemoryStore;
  readonly revokedTokens: RevokedTokenStore;
  readonly secrets: SecretStore;
  /** Long tasks, and who drives each. */
  readonly tasks: TaskStore;
  readonly transcripts: TranscriptStore;
  readonly commands: CommandStore;
  /** Who did what. */
  readonly audit: AuditStore;
  readonly usage: UsageStore;
  readonly retention: RetentionStore;

  /**
   * Stores the message with the next seq of its conversation (made if new, titled after the text) and its outbox
   * entry, in one transaction; its status becomes `accepted`. The same id again is a duplicate.
   * Calls take their seq in the order in which they were made.
   * @throws ParleyError `forbidden` when the conversation belongs to somebody else,
   *   `id_conflict` when the id was used by another sender, in another conversation or for another text.
   */
  accept(input: AcceptInput): Promise<Accepted>;

  /** Removes these outbox entries: the queue holds them. Unknown ids are ignored, and so are attempts before the current one. */
  markPublished(published: readonly PublishedAttempt[]): Promise<void>;
  /**
   * Outbox entries older than `olderThanMs`, oldest first; each is given to one caller only for `leaseMs`.
   * For the re-drive on start and for entries whose publish failed.
   */
  takeOutbox(options: { limit: number; olderThanMs: number; leaseMs: number }): Promise<OutboxEntry[]>;
  /**
   * Every outbox entry becomes that of the next attempt, and is due at once, whoever had it leased: what a queue holds of the
   * attempt before counts no more, and neither does that it is marked as published.
   */
  renewOutbox(): Promise<void>;

  /**
   * Records who shall answer; the first decision of each attempt wins. Its outbox entry, if there is one still, goes.
   * The conversation knows from now on that `partner` had its last message, and who holds sessions holds it, unless
   * what was accepted after this message says otherwise. Without `partner` that stays as it is.
   */
  recordRouting(
    messageId: string,
    attempt: number,
    decision: RoutingDecision,
    hops: readonly Hop[],
    partner?: Partner,
  ): Promise<RouteOutcome>;
  /** `routed` becomes `delivered`; any other state stays. */
  markDelivered(messageIds: readonly string[]): Promise<void>;
  /**
   * The agent that had it is gone: back to `accepted` with the next attempt and an outbox entry, in one transaction,
   * if it is still routed to `agentId` and has not ended. Returns the entry, or undefined when nothing was to do.
   * A message that is neither routed nor in the outbox counts as routed to whoever had it: a power cut may have undone
   * the record.
   */
  reopen(messageId: string, agentId: string): Promise<OutboxEntry | undefined>;

  /**
   * An operator replays it: a request that is `dead_lettered` goes back to `accepted` with the next attempt and an
   * outbox entry, in one transaction. Returns the entry, or undefined when it is in any other state.
   */
  revive(messageId: string): Promise<OutboxEntry | undefined>;

  /**
   * Stores an answer with the next seq, and marks the request `answered` by this agent, in one transaction.
   * Further replies of the same agent to the same request are stored too; another agent's are refused, once the
   * request is answered or routed, but for `inPlaceOf`. It goes into the request's conversation, whatever conversation it names.
   * What `isBesideAnswer` is only stored.
   * @throws ParleyError `id_conflict` when its id was used for anything else than a reply of this sender to this request
   */
  storeReply(input: ReplyInput): Promise<ReplyOutcome>;
  /** The agent handled the request without a reply: it becomes `answered`. Returns its status, unless it is another's or has failed. */
  settle(input: SettleInput): Promise<MessageStatus | undefined>;
  /**
   * Ends the request and stores an ERROR message that says why, in one transaction: id derived from the request's
   * unless that is taken, sender `system:parley`, receiver who asked, `metadata.code` the error's code.
   * Empty `hops` leave those that are known.
   */
  fail(input: FailInput): Promise<FailOutcome>;

  /**
   * Requests that have not ended and are not in the outbox: they are in a queue, or in somebody's hand. By id.
   * @param options `after`: only ids after this one
   */
  listTravelling(options: { after: string; limit: number }): Promise<TravellingRequest[]>;
  /** Keeps for how long answers have been due; what has ended, or is on another attempt, stays as it is. */
  countUnanswered(counts: readonly UnansweredAttempt[]): Promise<void>;

  getMessage(
    messageId: string,
  ): Promise<{ message: ChatMessage; status?: MessageStatus; ownerId: string } | undefined>;
  /** In order of seq, with the statuses of those that a person sent. `hasMore`: beyond this page, on the side that `limit` cut. */
  listMessages(
    conversationId: string,
    query: MessageQuery,
  ): Promise<{ messages: ChatMessage[]; statuses: MessageStatus[]; hasMore: boolean }>;

  getConversation(conversationId: string): Promise<Conversation | undefined>;
  /** The seq of the newest message of each of these; what is no conversation is left out. */
  lastSeqs(conversationIds: readonly string[]): Promise<Map<string, number>>;
  /** The one with the newest message first; `search` is matched without case in titles and message texts. */
  listConversations(ownerId: string, options: { limit: number; search?: string }): Promise<Conversation[]>;
  renameConversation(conversationId: string, title: string): Promise<Conversation | undefined>;

  /**
   * Inserts or updates the agent and returns its new incarnation, one more than its last. What is wanted of it stays.
   * @param heldBy the only group that may hold the id, or have held it until it was removed. @default any
   * @throws ParleyError `id_taken` when that is another group
   */
  registerAgent(agentId: string, profile: AgentProfile, heldBy?: string): Promise<StoredAgent>;
  /** The group that holds the id, or held it until it was removed; undefined for an id that nobody ever had. */
  findAgentGroup(agentId: string): Promise<{ group: string; isRemoved: boolean } | undefined>;
  /** `online` and `draining` count as being seen. Agents that are not registered are ignored. */
  setAgentState(agentId: string, state: AgentState): Promise<void>;
  /** Agents that are not registered are ignored. */
  setWantedAgentState(agentId: string, wanted: WantedAgentState): Promise<void>;
  /**
   * Off the list. Later registrations of this id are wanted `online` and still get a larger incarnation.
   * Returns whether it is off it: not where a later incarnation has registered, or none has. Idempotent.
   */
  removeAgent(agentId: string, incarnation: number): Promise<boolean>;
  listAgents(): Promise<StoredAgent[]>;

  /** Idempotent by `id`. */
  addDeadLetter(letter: DeadLetter): Promise<void>;
  /** The one that was added last first. */
  listDeadLetters(options: { limit: number; state?: DeadLetter['state'] }): Promise<DeadLetter[]>;
  getDeadLetter(id: string): Promise<DeadLetter | undefined>;
  /** From `dead` only; returns whether it changed. */
  setDeadLetterState(id: string, state: 'replayed' | 'discarded'): Promise<boolean>;

  /** Whether it can be written to. @throws ParleyError `store_unavailable` */
  check(): Promise<void>;
  /** Finishes writes under way, then closes. Idempotent. */
  close(): Promise<void>;
}
