import type {
  AgentSession,
  ChatMessage,
  ErrorCode,
  Hop,
  MessageState,
  MessageStatus,
  RoutingDecision,
  SessionHint,
  Target,
  UnstoredMessage,
} from '@parley/shared-models';
import type { SessionState } from './held-conversation.ts';

/** The state of a message that somebody has to answer. The message itself never changes. */
export interface Request {
  readonly messageId: string;
  readonly conversationId: string;
  /** Of the message, in its conversation. */
  readonly seq: number;
  readonly target: Target | undefined;
  /** The hint that it carries to the broker: the agent that holds the conversation, or had its last message. */
  readonly hint: SessionHint | undefined;
  /** `delivered` is told and never stored: it follows `routed` within moments, and nothing depends on it. */
  readonly state: Exclude<MessageState, 'delivered'>;
  /** How often it was routed before. */
  readonly attempt: number;
  /** The agent that has it to answer; the agent that answered once it is answered; undefined: no agent yet. */
  readonly agentId: string | undefined;
  /** Of this attempt. */
  readonly decision: RoutingDecision | undefined;
  /** Where it has been, as far as is known. */
  readonly hops: readonly Hop[];
  /** Why it failed. */
  readonly error: { readonly code: ErrorCode; readonly message: string } | undefined;
  /** Whether it still has to reach `broker_input_queue`, as far as is known. */
  readonly isInOutbox: boolean;
  /** How long an agent may take over it, in milliseconds; undefined: the time that the agent itself has registered. */
  readonly timeoutMs: number | undefined;
  /** When this attempt was given to an agent, in milliseconds since 1970. */
  readonly routedAt: number | undefined;
  /** For how long an answer has been due in this attempt, in milliseconds. */
  readonly unansweredMs: number;
}

/** A conversation, as far as its requests depend on it. */
export interface Conversation {
  readonly id: string;
  readonly ownerId: string;
  /** `seq` of its newest message, 0 before the first. */
  readonly lastSeq: number;
  /** The agent that holds it, and the agent that had its last message. */
  readonly session: SessionState | undefined;
}

/** A request on its way to `broker_input_queue`. */
export interface OutboxEntry {
  readonly message: ChatMessage;
  readonly target?: Target;
  readonly session?: SessionHint;
  /** How often it was routed before. */
  readonly attempt: number;
  /** Where it was in the attempts before this one. @default nowhere */
  readonly hops?: readonly Hop[];
}

/** An action to perform once a transition is committed. Each may happen twice: its receiver drops the second. */
export type Effect =
  /** Publish to `broker_input_queue`. */
  | { readonly do: 'publish'; readonly entry: OutboxEntry }
  /** Publish to the queue of the agent that was chosen. */
  | { readonly do: 'hand-over'; readonly status: MessageStatus & { readonly routing: RoutingDecision } }
  /** A message is stored; `status`: the state of the request after it. For all that follow the conversation. */
  | { readonly do: 'show'; readonly message: ChatMessage; readonly status?: MessageStatus }
  /** The request stands like this now. For all that follow the conversation. */
  | { readonly do: 'tell'; readonly status: MessageStatus }
  /** Followers of the conversation may have missed a message: they look into the store. */
  | { readonly do: 'look'; readonly conversationId: string }
  /** Another agent holds the conversation, or no agent does any more. For all that follow it. */
  | { readonly do: 'session'; readonly conversationId: string; readonly session: AgentSession | null }
  /** The agent need not begin with the request, or go on. */
  | { readonly do: 'cancel'; readonly requestId: string; readonly agentId: string };

/** The request as followers of its conversation see it. */
export function statusOf(request: Request): MessageStatus {
  const { messageId, conversationId, state, decision, hops, error } = request;
  return {
    messageId,
    conversationId,
    status: state,
    ...(decision === undefined ? {} : { routing: decision }),
    hops: [...hops],
    ...(error === undefined ? {} : { error }),
  };
}

export function outboxEntryOf(
  message: ChatMessage,
  { target, hint, attempt, hops }: Pick<Request, 'target' | 'hint' | 'attempt' | 'hops'>,
): OutboxEntry {
  return {
    message,
    ...(target === undefined ? {} : { target }),
    ...(hint === undefined ? {} : { session: hint }),
    attempt,
    ...(attempt === 0 ? {} : { hops }),
  };
}

/** The stored state when an event comes, read under the store's locks. */
export interface Known {
  readonly request: Request | undefined;
  readonly conversation: Conversation | undefined;
  /** The stored message with the id of the event's own message: of a submitted message, or of a reply. */
  readonly own: ChatMessage | undefined;
  /** The stored message that the request is. */
  readonly asked: ChatMessage | undefined;
}

/** The inputs of the rules beside the stored state. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** A new id for a message of Parley's own. */
  readonly newId: () => string;
}

/**
 * Why an event changes nothing. `unknown`: there is no such request, or no such attempt yet; `ended`: it has ended;
 * `other_agent`: another agent has it; `overtaken`: it is on a later attempt, or another copy of it got further;
 * `not_due`: nothing of the kind is to be done with it; `not_own`: nothing of the agent's own brought the reply about.
 */
export type Refusal = 'unknown' | 'ended' | 'other_agent' | 'overtaken' | 'not_due' | 'not_own';

/** The outcome of an event: the writes, and the effects to perform once they are committed. */
export interface Transition {
  /**
   * `done`: the writes say so. `repeated`: it was so before; the effects are performed once more, since the process
   * that wrote it may have died before it performed them. `refused`: nothing is written, nothing follows but the
   * effects.
   */
  readonly outcome: 'done' | 'repeated' | 'refused';
  readonly refusal?: Refusal;
  /** The request as it stands now; undefined where it does not exist. */
  readonly request?: Request | undefined;
  /** The message that was stored by this event, now or the first time. */
  readonly message?: ChatMessage;
  /** The rows to write; each part only where it changes. */
  readonly writes?: {
    readonly request?: Request;
    readonly message?: ChatMessage;
    readonly session?: SessionState;
  };
  readonly effects: readonly Effect[];
}

/** Nothing is written. @param effects @default nothing follows */
export function refused(refusal: Refusal, request?: Request, effects: readonly Effect[] = []): Transition {
  return { outcome: 'refused', refusal, request, effects };
}

/** The message with its place in the conversation: the next one. */
export function placed(message: UnstoredMessage, conversation: Conversation | undefined): ChatMessage {
  return { ...message, seq: (conversation?.lastSeq ?? 0) + 1 };
}
