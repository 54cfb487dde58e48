import type { OutboxEntry, RequestEvent, Transition } from '@parley/requests';
import type {
  AgentProfile,
  AgentState,
  ChatMessage,
  Conversation,
  DeadLetter,
  MessageStatus,
  WantedAgentState,
} from '@parley/shared-models';
import type { AuditStore } from './ports/audit.ts';
import type { CommandStore } from './ports/commands.ts';
import type { RevokedTokenStore, SecretStore } from './ports/credentials.ts';
import type { EventStore } from './ports/events.ts';
import type { MemoryStore } from './ports/memory.ts';
import type { RetentionStore } from './ports/retention.ts';
import type { TaskStore } from './ports/tasks.ts';
import type { TranscriptStore } from './ports/transcripts.ts';
import type { UsageStore } from './ports/usage.ts';

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
  /** The agent that has it; undefined: no agent yet. */
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
 * redelivery or the next look brings the same about again (a routing decision, `markPublished`, `countUnanswered`),
 * a power cut may undo it.
 * Text is kept as well-formed Unicode without NUL: all other characters become U+FFFD.
 * All methods @throws ParleyError `store_unavailable` when the database cannot be reached, is locked for long, or is
 *   full, and after `close()`.
 */
export interface Store {
  readonly kind: 'sqlite' | 'postgres';
  /** The memory of agents. */
  readonly events: EventStore;
  readonly memory: MemoryStore;
  readonly revokedTokens: RevokedTokenStore;
  readonly secrets: SecretStore;
  /** Long tasks, and the driver of each. */
  readonly tasks: TaskStore;
  readonly transcripts: TranscriptStore;
  readonly commands: CommandStore;
  /** The audit trail. */
  readonly audit: AuditStore;
  readonly usage: UsageStore;
  readonly retention: RetentionStore;

  /**
   * Applies an event to a request: decided by `transition` on the stored state, written in one transaction, or not at
   * all. Calls take effect in the order in which they were made. The effects are the caller's to perform.
   * @throws ParleyError as `transition`
   */
  apply(event: RequestEvent): Promise<Transition>;

  /** Removes these outbox entries: the queue holds them. Unknown ids are ignored, and so are attempts before the current one. */
  markPublished(published: readonly PublishedAttempt[]): Promise<void>;
  /**
   * Outbox entries older than `olderThanMs`, oldest first; each is given to one caller only for `leaseMs`.
   * For the re-drive on start and for entries whose publish failed.
   */
  takeOutbox(options: { limit: number; olderThanMs: number; leaseMs: number }): Promise<OutboxEntry[]>;
  /**
   * Every outbox entry becomes that of the next attempt, and is due at once, even where it is leased: queued messages
   * of the attempt before count no more, and neither do marks of that attempt as published.
   */
  renewOutbox(): Promise<void>;

  /**
   * Requests that have not ended and are not in the outbox: they are in a queue, or in somebody's hand. By id.
   * @param options `after`: only ids after this one
   */
  listTravelling(options: { after: string; limit: number }): Promise<TravellingRequest[]>;
  /** Keeps for how long answers have been due; requests that have ended, or are on another attempt, stay as they are. */
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
  /** The seq of the newest message of each of these; ids of no conversation are left out. */
  lastSeqs(conversationIds: readonly string[]): Promise<Map<string, number>>;
  /** The one with the newest message first; `search` is matched without case in titles and message texts. */
  listConversations(ownerId: string, options: { limit: number; search?: string }): Promise<Conversation[]>;
  renameConversation(conversationId: string, title: string): Promise<Conversation | undefined>;

  /**
   * Inserts or updates the agent and returns its new incarnation, one more than its last. Its wanted state stays.
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
   * Returns whether it is off it: not where a later incarnation has registered, or the agent never has. Idempotent.
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
