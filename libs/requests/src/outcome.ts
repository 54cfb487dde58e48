import type { ChatMessage, UnstoredMessage } from '@parley/shared-models';
import type { SessionState } from './held-conversation.ts';
import type { Conversation, Effect, Request } from './request.ts';

/** What is known when an event comes, as it stands in the store under its locks. */
export interface Known {
  readonly request: Request | undefined;
  readonly conversation: Conversation | undefined;
  /** The stored message with the id of the event's own message: of what is submitted, or of a reply. */
  readonly own: ChatMessage | undefined;
  /** The stored message that the request is. */
  readonly asked: ChatMessage | undefined;
}

/** What the rules need beside what is known. */
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

/** What becomes of a request by an event: what to write, and what to do once that is committed. */
export interface Transition {
  /**
   * `done`: what is written says so. `repeated`: it was so before; the effects bring it about once more, since the process
   * that wrote it may have died before it did. `refused`: nothing is written, nothing follows but what the effects say.
   */
  readonly outcome: 'done' | 'repeated' | 'refused';
  readonly refusal?: Refusal;
  /** The request as it stands now; undefined where there is none. */
  readonly request?: Request | undefined;
  /** The message that was stored by this event, now or the first time. */
  readonly message?: ChatMessage;
  /** What to write; each part only where it changes. */
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
