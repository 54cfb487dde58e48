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
  /** Missing messages that have not come after this long are asked for again. In milliseconds. */
  readonly fillTimeoutMs: number;
  /** By conversation, the `seq` of the first message of ours whose end is waited for. */
  readonly firstUnanswered: () => ReadonlyMap<string, number>;
  /** Gets every message once and in order. */
  readonly onMessage: (message: ChatMessage) => void;
}

/** The conversations that are followed, and how far each was seen. */
export interface Follows {
  /** Follows, from `afterSeq`, or from where it was, or from the beginning. */
  open(conversationId: string, afterSeq?: number): void;
  /** Something is being written to it: follows it from the place of the first message that is acknowledged. */
  expect(conversationId: string, isNew: boolean): void;
  leave(conversationId: string): void;
  /** What `hello` shall resume: at most `LIMITS.resumedConversations`, the latest active ones. */
  resume(): Record<string, number>;
  /** The server welcomed a `hello` with what `resume()` gave last. */
  welcomed(): void;
  suspend(): void;
  received(message: ChatMessage): void;
  /** @param isWithMessage the message itself came with it */
  acknowledged(ack: ServerFrameOf<'ack'>, isWithMessage: boolean): void;
  /** The server could not do something about this conversation. */
  failed(conversationId: string, error: ErrorReport): void;
  lastSeq(conversationId: string): number | undefined;
  /** Whether the server knows the conversation, as far as is known here. */
  isKnown(conversationId: string): boolean;
  /** Whether messages are missing that the server has. */
  isBehind(conversationId: string): boolean;
}

interface Follow {
  readonly sequencer: Sequencer<ChatMessage>;
  /** The server knows the conversation: it was opened, or a message to it was acknowledged. */
  isKnown: boolean;
  /** This connection gets its messages. */
  isSubscribed: boolean;
  /** The highest `seq` of a message of ours: at least so much exists. */
  ackedSeq: number;
}

export function createFollows(options: FollowsOptions): Follows {
  const { transmit, onMessage } = options;
  /** Latest active last. */
  const follows = new Map<string, Follow>(
    Object.entries(options.resume).map(([id, seq]) => [
      id,
      { sequencer: createSequencer<ChatMessage>(seq), isKnown: true, isSubscribed: false, ackedSeq: 0 },
    ]),
  );
  /** Left on this connection: what was on its way then is not wanted any more. */
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

  function handOn(messages: readonly ChatMessage[]): void {
    for (const message of messages) onMessage(message);
  }

  const isBehind = ({ sequencer, ackedSeq }: Follow): boolean =>
    sequencer.hasGap || (sequencer.lastSeq ?? 0) < ackedSeq;

  /**
   * The known conversations with the `seq` after which to go on over a lost connection. A message that ended without
   * a reply meanwhile is told only with the message itself: where one waits, what was seen after it comes once more.
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

  /** Asks for what is missing, and again after a while if it still is. */
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
      // A `hello` on its way resumes from the old place, so this one is asked for by itself.
      resumed.delete(conversationId);
      if (afterSeq !== undefined || entry.sequencer.lastSeq === undefined) {
        handOn(entry.sequencer.startAfter(afterSeq ?? 0));
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
      handOn(entry.sequencer.accept(message));
      if (entry.sequencer.hasGap && !timers.has(fetching(conversationId))) fetch(conversationId);
    },

    acknowledged({ conversationId, seq }, isWithMessage) {
      const entry = follows.get(conversationId);
      if (entry === undefined) return;
      entry.isKnown = true;
      // Who writes to a conversation follows it: the server sends this message and what comes after it.
      entry.isSubscribed = true;
      entry.ackedSeq = Math.max(entry.ackedSeq, seq);
      if (entry.sequencer.lastSeq === undefined) handOn(entry.sequencer.startAfter(seq - 1));
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

/** Names of the two timers of a conversation: missing messages were asked for; a message of ours is to come back. */
const fetching = (conversationId: string) => `fetching ${conversationId}`;
const echoing = (conversationId: string) => `echoing ${conversationId}`;
