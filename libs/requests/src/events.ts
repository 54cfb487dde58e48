import type { ErrorCode, Hop, RoutingDecision, Target, UnstoredMessage } from '@parley/shared-models';

/** A message was written that somebody has to answer. */
export interface Submitted {
  readonly type: 'submitted';
  readonly message: UnstoredMessage;
  /** The owner of the conversation; a new conversation belongs to this user. */
  readonly ownerId: string;
  readonly target?: Target | undefined;
  /** Whether the text says END: then it ends the session, unless it is addressed to somebody else. @default false */
  readonly isSessionEnd?: boolean;
  /** How long an agent may take over it, in milliseconds. @default the time that the agent that gets it has registered */
  readonly timeoutMs?: number;
}

/** The agent that a broker chose, as far as the conversation has to know it. */
export interface ChosenAgent {
  readonly group: string;
  /** The conversation's following messages are its, until the person says END. */
  readonly holdsSession: boolean;
  /** For how long without a message, in milliseconds. */
  readonly sessionTtlMs: number;
}

/** A broker has chosen the agent that shall answer. */
export interface Routed {
  readonly type: 'routed';
  readonly requestId: string;
  /** Which attempt it decided. */
  readonly attempt: number;
  readonly decision: RoutingDecision;
  readonly hops: readonly Hop[];
  /** @default the session stays as it is */
  readonly chosen?: ChosenAgent | undefined;
}

/** The agent that says something about a request, as the server knows it. */
export interface Speaker {
  readonly agentId: string;
  /** Another process has taken its id since: messages of this one do not count any more. */
  readonly isReplaced: boolean;
  /** Which attempt at the request it was given. @default the current one */
  readonly attempt?: number | undefined;
  /** Whether it is another instance of the group of the agent with this id. */
  readonly isSiblingOf: (agentId: string) => boolean;
}

/** An agent answers. */
export interface Replied {
  readonly type: 'replied';
  readonly requestId: string;
  readonly reply: UnstoredMessage;
  readonly from: Speaker;
  readonly hops: readonly Hop[];
  /**
   * The reply follows from an event or a task, and not from handling the request: it changes nothing about the request,
   * is taken after its end too, and is the same from each instance. `isOwn`: its cause is the agent's own, so that it
   * may be said while no agent has the request. @default it is the answer
   */
  readonly beside?: { readonly isOwn: boolean } | undefined;
}

/** An agent has handled the request, and has nothing to say. */
export interface Settled {
  readonly type: 'settled';
  readonly requestId: string;
  readonly from: Speaker;
  readonly hops: readonly Hop[];
}

export interface RequestError {
  readonly code: ErrorCode;
  /** A sentence for the sender. */
  readonly message: string;
}

/** An agent gives up, or the broker found nobody. */
export interface Failed {
  readonly type: 'failed';
  readonly requestId: string;
  readonly error: RequestError;
  /** @default the broker */
  readonly from?: Speaker | undefined;
  /** Which attempt failed. @default the current one */
  readonly attempt?: number | undefined;
  readonly hops: readonly Hop[];
}

/** A queue message of the request became a dead letter. */
export interface Died {
  readonly type: 'died';
  readonly requestId: string;
  readonly error: RequestError;
  /** Whether it lay in an agent's queue, in `broker_input_queue` as a request, or elsewhere. */
  readonly where: { readonly agentId: string } | 'unrouted' | 'answered';
  readonly attempt?: number | undefined;
  readonly hops: readonly Hop[];
}

/** The agent that has the request went away; without an agent: the request was lost on its way to one. */
export interface AgentGone {
  readonly type: 'agent-gone';
  readonly requestId: string;
  readonly agentId: string | undefined;
}

/** Nobody has answered in time. */
export interface TimedOut {
  readonly type: 'timed-out';
  readonly requestId: string;
  readonly attempt: number;
  readonly error: RequestError;
}

/** The sender wants no answer any more. */
export interface Stopped {
  readonly type: 'stopped';
  readonly requestId: string;
}

/** An operator replays the dead letter. */
export interface Replayed {
  readonly type: 'replayed';
  readonly requestId: string;
}

/** An operator has emptied the queues. */
export interface Reset {
  readonly type: 'reset';
  readonly requestId: string;
}

/** All that can happen to a request. */
export type RequestEvent =
  | Submitted
  | Routed
  | Replied
  | Settled
  | Failed
  | Died
  | AgentGone
  | TimedOut
  | Stopped
  | Replayed
  | Reset;
