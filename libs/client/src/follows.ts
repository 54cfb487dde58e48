import {
  type ChatMessage,
  type ClientFrame,
  type ErrorReport,
  LIMITS,
  type ServerFrameOf,
} from '@parley/shared-models';
import { isRetryable, retryAfter } from './retryable.ts';
import { createSequencer, type Sequencer } from './sequencer.ts';
import { createTimers } from './timers.ts';

export interface FollowsOptions {
  /** Last seen `seq` of the conversations to follow from the start. */
  readonly resume: Readonly<Record<string, number>>;
  readonly transmit: (frame: ClientFrame) => boolean;
  /** Missing messages are requested again after this long, in milliseconds. */
  readonly fillTimeoutMs: number;
  /** By conversation, the `seq` of the first message of this client that has no answer yet. */
  readonly firstUnanswered: () => ReadonlyMap<string, number>;
  /** Gets every message once and in order. */
  readonly onMessage: (message: ChatMessage) => void;
}

/** The followed conversations, with the last seen `seq` of each. */
export interface Follows {
  /** Follows the conversation after `afterSeq`; by default after the last seen message, or from the beginning. */
  open(conversationId: string, afterSeq?: number): void;
  /** A message to it is written: follows the conversation from the first acknowledged message. */
  expect(conversationId: string, isNew: boolean): void;
  leave(conversationId: string): void;
  /** The conversations for `hello`: at most `LIMITS.resumedConversations`, those with the latest activity. */
  resume(): Record<string, number>;
  /** The server has welcomed a `hello` with the last result of `resume()`. */
  welcomed(): void;
  suspend(): void;
  received(message: ChatMessage): void;
  /** @param isWithMessage the `ack` carried the message itself */
  acknowledged(ack: ServerFrameOf<'ack'>, isWithMessage: boolean): void;
  /** The server has refused a request about this conversation. */
  failed(conversationId: string, error: ErrorReport): void;
  lastSeq(conversationId: string): number | undefined;
  /** Whether the server is known to have the conversation. */
  isKnown(conversationId: string): boolean;
  /** Whether messages of the server are missing here. */
  isBehind(conversationId: string): boolean;
}

interface Follow {
  readonly sequencer: Sequencer<ChatMessage>;
  /** The server knows the conversation: it was opened, or a message to it was acknowledged. */
  isKnown: boolean;
  /** The server sends its messages on this connection. */
  isSubscribed: boolean;
  /** The highest acknowledged `seq` of this client's messages: the server has at least this many. */
  ackedSeq: number;
}

export function createFollows(options: FollowsOptions): Follows {
  const { transmit, onMessage } = options;
  /** In order of activity, the latest at the end. */
  const follows = new Map<string, Follow>(
    Object.entries(options.resume).map(([id, seq]) => [
      id,
      { sequencer: createSequencer<ChatMessage>(seq), isKnown: true, isSubscribed: false, ackedSeq: 0 },
    ]),
  );
  /** Conversations left on this connection: their messages on the way are ignored. */
  const left = new Set<string>();
  const timers = createTimers();
  let resumed = new Set<string>();

  function follow(conversationId: string, startAt: number | undefined): Follow {
    left.delete(conversationId);
    const entry = follows.get(conversationId) ?? {
      sequencer: createSequencer(startAt),
      isKnown: false,
      isSubscribed: false,
      ackedSeq: 0,
    };
    follows.delete(conversationId);
    follows.set(conversationId, entry);
    return entry;
  }

  function emitAll(messages: readonly ChatMessage[]): void {
    for (const message of messages) onMessage(message);
  }

  const isBehind = ({ sequencer, ackedSeq }: Follow): boolean =>
    sequencer.hasGap || (sequencer.lastSeq ?? 0) < ackedSeq;

  /**
   * The known conversations, each with the `seq` after which it continues on a new connection. The server reports the end of
   * a message without a reply only together with the message: the messages from the first unanswered one on are sent again.
   */
  function places(): [string, number][] {
    const unanswered = options.firstUnanswered();
    return [...follows].flatMap(([id, { isKnown, sequencer }]): [string, number][] => {
      const { lastSeq } = sequencer;
      if (!isKnown || lastSeq === undefined) return [];
      const first = unanswered.get(id) ?? Number.POSITIVE_INFINITY;
      return [[id, Math.min(lastSeq, first - 1)]];
    });
  }

  /** Requests the missing messages, and again after a while if they are still missing. */
  function fetch(conversationId: string, afterSeq = follows.get(conversationId)?.sequencer.lastSeq): void {
    const entry = follows.get(conversationId);
    if (entry === undefined || afterSeq === undefined) return;
    if (!transmit({ type: 'conversation.open', conversationId, afterSeq })) return;
    entry.isSubscribed = true;
    timers.set(fetching(conversationId), options.fillTimeoutMs, () => fetchIfBehind(conversationId));
  }

  function fetchIfBehind(conversationId: string): void {
    const entry = follows.get(conversationId);
    if (entry !== undefined && isBehind(entry)) fetch(conversationId);
  }

  return {
    open(conversationId, afterSeq) {
      const entry = follow(conversationId, afterSeq ?? 0);
      entry.isKnown = true;
      // A `hello` that is on its way resumes after the old `seq`, so this conversation is opened separately.
      resumed.delete(conversationId);
      if (afterSeq !== undefined || entry.sequencer.lastSeq === undefined) {
        emitAll(entry.sequencer.startAfter(afterSeq ?? 0));
      }
      fetch(conversationId);
    },

    expect(conversationId, isNew) {
      follow(conversationId, isNew ? 0 : undefined);
    },

    leave(conversationId) {
      timers.clear(fetching(conversationId));
      timers.clear(echoing(conversationId));
      left.add(conversationId);
      if (follows.delete(conversationId)) transmit({ type: 'conversation.close', conversationId });
    },

    resume() {
      const latest = places().slice(-LIMITS.resumedConversations);
      resumed = new Set(latest.map(([id]) => id));
      return Object.fromEntries(latest);
    },

    welcomed() {
      for (const id of resumed) {
        const entry = follows.get(id);
        if (entry !== undefined) entry.isSubscribed = true;
      }
      for (const [id, afterSeq] of places()) if (!follows.get(id)?.isSubscribed) fetch(id, afterSeq);
    },

    suspend() {
      timers.clearAll();
      left.clear();
      for (const entry of follows.values()) entry.isSubscribed = false;
    },

    received(message) {
      const { conversationId } = message;
      if (left.has(conversationId)) return;
      const entry = follow(conversationId, undefined);
      entry.isKnown = true;
      emitAll(entry.sequencer.accept(message));
      if (entry.sequencer.hasGap && !timers.has(fetching(conversationId))) fetch(conversationId);
    },

    acknowledged({ conversationId, seq }, isWithMessage) {
      const entry = follows.get(conversationId);
      if (entry === undefined) return;
      entry.isKnown = true;
      // The server sends the writer of a message this message and all later ones.
      entry.isSubscribed = true;
      entry.ackedSeq = Math.max(entry.ackedSeq, seq);
      if (entry.sequencer.lastSeq === undefined) emitAll(entry.sequencer.startAfter(seq - 1));
      if (isWithMessage || !isBehind(entry)) return;
      timers.set(echoing(conversationId), options.fillTimeoutMs, () => fetchIfBehind(conversationId));
    },

    failed(conversationId, error) {
      if (!follows.has(conversationId) || !isRetryable(error.code)) return;
      const wait = retryAfter(error) ?? options.fillTimeoutMs;
      timers.set(fetching(conversationId), wait, () => fetch(conversationId));
    },

    lastSeq: (conversationId) => follows.get(conversationId)?.sequencer.lastSeq,
    isKnown: (conversationId) => follows.get(conversationId)?.isKnown ?? false,
    isBehind(conversationId) {
      const entry = follows.get(conversationId);
      return entry !== undefined && isBehind(entry);
    },
  };
}

/** Names of a conversation's two timers: for requested messages, and for the client's own message to come back. */
const fetching = (conversationId: string) => `fetching ${conversationId}`;
const echoing = (conversationId: string) => `echoing ${conversationId}`;
