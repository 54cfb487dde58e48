import type { ChatMessage, MessageState } from '@parley/shared-models';

/** What changes about a message that a person sent; the message itself never does. JSON stays text until it is shown. */
export interface RequestRow {
  readonly messageId: string;
  readonly conversationId: string;
  readonly seq: number;
  /** JSON of `Target`. */
  readonly target: string | undefined;
  /** JSON of `SessionHint`. */
  readonly session: string | undefined;
  readonly state: MessageState;
  /** How often it was routed before. */
  readonly attempt: number;
  /** Who has it to answer; the one who answered once it is answered. */
  readonly agentId: string | undefined;
  /** JSON of `RoutingDecision`, of this attempt. */
  readonly routing: string | undefined;
  /** JSON of `Hop[]`. */
  readonly hops: string;
  /** JSON of `MessageStatus['error']`. */
  readonly error: string | undefined;
  /** Whether it still has to reach `broker_input_queue`. */
  readonly isInOutbox: boolean;
  /** Its own limit, in milliseconds; undefined: that of the agent which has it. */
  readonly timeoutMs: number | undefined;
  /** When this attempt was given to an agent, in milliseconds since 1970. */
  readonly routedAt: number | undefined;
  /** For so long an answer has been due in this attempt, in milliseconds. */
  readonly unansweredMs: number;
}

/** A conversation as far as the rules look at it. */
export interface ConversationHead {
  readonly id: string;
  readonly ownerId: string;
  /** `seq` of its newest message, 0 before the first. */
  readonly lastSeq: number;
  /** JSON of `SessionState`. */
  readonly session: string | undefined;
}

export interface NewConversation {
  readonly id: string;
  readonly ownerId: string;
  readonly title: string;
  readonly createdAt: string;
}

/**
 * What the rules see of the database inside one transaction: each change is seen by what comes after it. The rules
 * stand above both drivers, so that there is one place that says what may become of a message.
 */
export interface Workspace {
  message(id: string): ChatMessage | undefined;
  request(messageId: string): RequestRow | undefined;
  conversation(id: string): ConversationHead | undefined;
  addConversation(conversation: NewConversation): void;
  /** Adds a message to a conversation that there is; its seq must be the next one. */
  append(message: ChatMessage, preview: string): void;
  /** @param session JSON of `SessionState` */
  saveSession(conversationId: string, session: string): void;
  addRequest(request: RequestRow): void;
  saveRequest(request: RequestRow): void;
}

/** What a write is going to look at, so that a driver can fetch it for many writes at once. */
export interface Keys {
  readonly messages?: readonly string[];
  readonly requests?: readonly string[];
  readonly conversations?: readonly string[];
  /** Requests whose conversations may change, by a further message say. */
  readonly conversationsOf?: readonly string[];
}

/**
 * A write as the drivers run it: alone or together with others, and again when the transaction has to be repeated.
 * `run` either changes the workspace and returns, or throws a `ParleyError` and has changed nothing.
 */
export interface Write<T> {
  readonly keys: Keys;
  run(workspace: Workspace): T;
  /** What `run` did last was rolled back for certain. Not called when nobody knows whether it was committed. */
  undone?(): void;
}
