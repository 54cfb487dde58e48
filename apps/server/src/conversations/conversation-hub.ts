import { setTimeout as delay } from 'node:timers/promises';
import type { MessageBus, SignalSubscription } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import {
  type ChatMessage,
  isTerminal,
  type MessageStatus,
  type ServerFrame,
  SIGNAL_KEYS,
  type SignalOf,
  Signals,
  type SignalType,
} from '@parley/shared-models';
import type { Store } from '@parley/store';
import {
  type ConversationFrame,
  type ConversationReader,
  conversationFrame,
  createFollower,
  type Follower,
  statusWith,
} from './follower.ts';
import { createGrowingReplies } from './growing-replies.ts';
import { createMissedMessages } from './missed-messages.ts';
import { createServerPresence } from './server-presence.ts';

/**
 * The followers of each conversation on this server. Messages reach each reader once and in order; other frames (pieces
 * of an answer, typing, states) are fleeting. Changes on other servers come by signals with the conversation's id as
 * key; messages whose signals were lost are found in the store.
 */
export interface ConversationHub {
  /** From now on the reader is told all messages after `afterSeq`, the stored ones first, and all other frames. */
  follow(options: FollowOptions): Subscription;
  /**
   * A message was stored here: for all followers, on every server.
   * @param status how the request stands that it answers
   */
  deliver(message: ChatMessage, status?: MessageStatus): void;
  /** Followers on this server may have missed a message: they look into the store. Other servers look by themselves. */
  lookAgain(conversationId: string): void;
  /** A frame for all followers of the conversation, on every server. */
  broadcast(conversationId: string, frame: ServerFrame): void;
  /**
   * Listens for pieces of replies in these conversations, followed or not, for `ms` milliseconds or until the signal
   * ends it. Resolves with the ids of the requests that pieces of a reply came for.
   */
  growingIn(
    conversationIds: readonly string[],
    ms: number,
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>>;
  stop(): Promise<void>;
}

export interface FollowOptions extends ConversationReader {
  readonly conversationId: string;
  /** The cursor: the `seq` of the last message that the reader has. 0: before the first. */
  readonly afterSeq: number;
}

/** One reader's place in one conversation. Belongs to the reader, which stops it. */
export interface Subscription {
  /**
   * Whether the message with this `seq` is the next one for the reader; then it counts as told, and the reader is not told
   * of it: it has it from elsewhere. To be called before the message is delivered.
   */
  countAsTold(seq: number): boolean;
  /** A frame for all other followers of the conversation, on every server. */
  tellOthers(frame: ServerFrame): void;
  /** Tells nothing more, also not of messages being read. Idempotent. */
  stop(): void;
}

export interface ConversationHubOptions {
  readonly serverId: string;
  readonly store: Store;
  readonly bus: MessageBus;
  readonly logger: Logger;
  /** A frame came from another server, about a conversation that somebody follows here. */
  readonly onForeignFrame?: (frame: ServerFrame) => void;
  /** Between two looks into the store for messages whose signals were lost, in milliseconds. @default 5000 */
  readonly lookMs?: number;
}

/** Follows a conversation for its pieces alone: it has nothing to read from the store. */
type Listener = Pick<Follower, 'onFrame' | 'catchUp' | 'catchUpTo'>;

export async function createConversationHub(options: ConversationHubOptions): Promise<ConversationHub> {
  const { serverId, store, bus, logger } = options;
  const conversations = new Map<string, Set<Listener>>();
  /** Binding and unbinding of one key keep their order; they wait for nobody else's, or pieces of a new reply would be missed. */
  const bindings = new Map<string, Promise<void>>();

  const growing = createGrowingReplies((conversationId) => release(conversationId));

  /** The pieces of a finished reply, and of the replies to an ended request, are forgotten. */
  const noteEnd = (frame: ServerFrame): void => {
    if (frame.type === 'message') growing.finished(frame.message.id);
    const status = statusIn(frame);
    if (status !== undefined && isTerminal(status.status)) growing.requestEnded(status.messageId);
  };

  const toLocal = (conversationId: string, told: ConversationFrame, except?: Listener): void => {
    for (const each of conversations.get(conversationId) ?? []) if (each !== except) each.onFrame(told);
  };

  const toOthers = (conversationId: string, told: ConversationFrame): void => {
    if (!presence.hasOthers()) return;
    // A server of an older version would lose the fields beside a message.
    for (const { frame } of presence.readTogether() ? [told] : told.separate)
      signal('frame', conversationId, { serverId, frame });
  };
  const toAll = (conversationId: string, frame: ServerFrame, except?: Listener): void => {
    const told = conversationFrame(frame);
    noteEnd(frame);
    toLocal(conversationId, told, except);
    toOthers(conversationId, told);
  };
  const signal = <T extends SignalType>(type: T, key: string, body: SignalOf<T>): void =>
    bus.signal({ type, key, body: Buffer.from(JSON.stringify(body)) });

  const subscription: SignalSubscription = await bus.subscribe(`server_fanout_${serverId}`, (signal) => {
    try {
      const body: unknown = JSON.parse(Buffer.from(signal.body).toString('utf8'));
      onSignal(signal.key, signal.type, body);
    } catch (err) {
      logger.warn({ err, type: signal.type }, 'a malformed signal was dropped');
    }
  });

  const onSignal = (conversationId: string, type: string, body: unknown): void => {
    if (type === 'chat.delta') {
      const piece = Signals['chat.delta'].parse(body);
      growing.add(piece);
      toLocal(conversationId, conversationFrame({ type: 'message.delta', ...piece }));
    } else if (type === 'chat.growing') {
      if (Signals['chat.growing'].parse(body).serverId === serverId) return;
      for (const piece of growing.of(conversationId)) signal('chat.delta', conversationId, piece);
    } else if (type === 'chat.typing') {
      const frame = { type: 'typing', ...Signals['chat.typing'].parse(body) } as const;
      toLocal(conversationId, conversationFrame(frame));
    } else if (type === 'task.progress') {
      const frame = { type: 'task.progress', ...Signals['task.progress'].parse(body) } as const;
      toLocal(conversationId, conversationFrame(frame));
    } else if (type === 'server.here') {
      presence.onSignal(body);
    } else if (type === 'frame') {
      const { serverId: origin, frame } = Signals.frame.parse(body);
      if (origin === serverId) return;
      noteEnd(frame);
      toLocal(conversationId, conversationFrame(frame));
      options.onForeignFrame?.(frame);
    }
  };

  const enqueueBinding = (key: string, change: () => Promise<void>): void => {
    const done = (bindings.get(key) ?? Promise.resolve())
      .then(change)
      .catch((err: unknown) => {
        // Fleeting frames are lost until it is bound again; messages come with the next look into the store.
        logger.warn({ err }, 'the signals of a conversation could not be bound');
      })
      .then(() => {
        if (bindings.get(key) === done) bindings.delete(key);
      });
    bindings.set(key, done);
  };

  const add = (conversationId: string, listener: Listener): void => {
    const known = conversations.get(conversationId);
    if (known !== undefined) {
      known.add(listener);
      return;
    }
    conversations.set(conversationId, new Set([listener]));
    enqueueBinding(conversationId, async () => {
      await subscription.bind(conversationId);
      // For the messages that another server stored before the signals of this conversation arrived here.
      for (const each of conversations.get(conversationId) ?? []) each.catchUp();
      if (presence.hasOthers()) signal('chat.growing', conversationId, { serverId });
    });
  };

  const remove = (conversationId: string, listener: Listener): void => {
    const listeners = conversations.get(conversationId);
    if (listeners?.delete(listener) !== true || listeners.size > 0) return;
    conversations.delete(conversationId);
    release(conversationId);
  };

  /** Hears no more of the conversation, unless it is followed, or a reply grows in it: a reader may be back in a moment. */
  const release = (conversationId: string): void => {
    const isWanted = (): boolean => conversations.has(conversationId) || growing.has(conversationId);
    if (isWanted()) return;
    enqueueBinding(conversationId, async () => {
      if (!isWanted()) await subscription.unbind(conversationId);
    });
  };

  const catchUpAll = (): void => {
    for (const listeners of conversations.values()) for (const each of listeners) each.catchUp();
  };
  // Signals of other servers were lost while the connection was away.
  const stopWatching = bus.onHealth((health) => {
    if (health.state !== 'up') return;
    catchUpAll();
    presence.meetAgain();
  });
  const presence = createServerPresence(serverId, bus, catchUpAll);
  enqueueBinding(SIGNAL_KEYS.servers, async () => {
    await subscription.bind(SIGNAL_KEYS.servers);
    presence.start();
  });
  const missed = createMissedMessages({
    ...options,
    conversationIds: () => (presence.hasOthers() ? [...conversations.keys()] : []),
    onLastSeq(conversationId, lastSeq) {
      for (const each of conversations.get(conversationId) ?? []) each.catchUpTo(lastSeq);
    },
  });
  missed.start();

  return {
    follow({ conversationId, afterSeq, ...reader }) {
      const follower = createFollower({ reader, conversationId, afterSeq, store, logger });
      add(conversationId, follower);
      for (const piece of growing.of(conversationId))
        reader.onFrame(conversationFrame({ type: 'message.delta', ...piece }));
      return {
        countAsTold: follower.countAsTold,
        tellOthers: (frame) => toAll(conversationId, frame, follower),
        stop() {
          follower.stop();
          remove(conversationId, follower);
        },
      };
    },
    deliver(message, status) {
      if (status === undefined) return toAll(message.conversationId, { type: 'message', message });
      const { messageId: _, conversationId, ...stands } = status;
      toAll(conversationId, { type: 'message', message, status: stands });
    },
    lookAgain(conversationId) {
      for (const each of conversations.get(conversationId) ?? []) each.catchUp();
    },
    broadcast: toAll,
    async growingIn(conversationIds, ms, signal) {
      const grown = new Set<string>();
      const listener: Listener = {
        onFrame({ frame }) {
          // With `from` it is no new piece: another server repeats an earlier one.
          if (frame.type !== 'message.delta' || frame.from !== undefined) return;
          if (frame.inReplyTo !== undefined) grown.add(frame.inReplyTo);
        },
        catchUp() {},
        catchUpTo() {},
      };
      for (const conversationId of conversationIds) add(conversationId, listener);
      await delay(ms, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      for (const conversationId of conversationIds) remove(conversationId, listener);
      return grown;
    },
    async stop() {
      stopWatching();
      await missed.stop();
      await Promise.all(bindings.values());
      presence.stop();
      growing.stop();
      await subscription.close();
    },
  };
}

function statusIn(frame: ServerFrame): Pick<MessageStatus, 'messageId' | 'status'> | undefined {
  if (frame.type === 'message.status') return frame;
  return frame.type === 'message' ? statusWith(frame) : undefined;
}
