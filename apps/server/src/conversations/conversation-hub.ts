import type { MessageBus, SignalSubscription } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import {
  type ChatMessage,
  isTerminal,
  type ServerFrame,
  SIGNAL_KEYS,
  type SignalOf,
  Signals,
  type SignalType,
} from '@parley/shared-models';
import type { Store } from '@parley/store';
import { createFollower, type Follower, type Reader } from './follower.ts';
import { createGrowingReplies } from './growing-replies.ts';
import { createMissedMessages } from './missed-messages.ts';
import { createServerPresence } from './server-presence.ts';

/**
 * Who follows which conversation on this server. Messages reach each reader once and in order; other frames (pieces
 * of an answer, typing, states) are fleeting. What happens on other servers comes by signals with the conversation's
 * id as key; messages whose signals were lost are found in the store.
 */
export interface ConversationHub {
  /** From now on the reader gets what is stored after `afterSeq`, first what is there already. */
  follow(reader: Reader, conversationId: string, afterSeq: number): void;
  unfollow(reader: Reader, conversationId: string): void;
  unfollowAll(reader: Reader): void;
  isFollowing(reader: Reader, conversationId: string): boolean;
  /** A message was stored here: for all who follow, on every server. */
  deliver(message: ChatMessage): void;
  /** A frame for all who follow the conversation, on every server. @param except does not get it */
  broadcast(conversationId: string, frame: ServerFrame, except?: Reader): void;
  stop(): Promise<void>;
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

export async function createConversationHub(options: ConversationHubOptions): Promise<ConversationHub> {
  const { serverId, store, bus, logger } = options;
  const conversations = new Map<string, Map<Reader, Follower>>();
  // Binding and unbinding of one key keep their order.
  let bindings: Promise<void> = Promise.resolve();

  const growing = createGrowingReplies((conversationId) => release(conversationId));

  /** What a reply has become is no news of its growth any more. */
  const noteEnd = (frame: ServerFrame): void => {
    if (frame.type === 'message') growing.finished(frame.message.id);
    else if (frame.type === 'message.status' && isTerminal(frame.status))
      growing.requestEnded(frame.messageId);
  };

  const toLocal = (conversationId: string, frame: ServerFrame, except?: Reader): void => {
    const followers = conversations.get(conversationId);
    if (followers === undefined) return;
    const text = JSON.stringify(frame);
    for (const [reader, follower] of followers) {
      if (reader === except) continue;
      if (frame.type === 'message.status') follower.onStatus(frame, text);
      else reader.send(text);
    }
  };

  const toOthers = (conversationId: string, frame: ServerFrame): void => {
    if (presence.hasOthers()) signal('frame', conversationId, { serverId, frame });
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
      toLocal(conversationId, { type: 'message.delta', ...piece });
    } else if (type === 'chat.growing') {
      if (Signals['chat.growing'].parse(body).serverId === serverId) return;
      for (const piece of growing.of(conversationId)) signal('chat.delta', conversationId, piece);
    } else if (type === 'chat.typing') {
      toLocal(conversationId, { type: 'typing', ...Signals['chat.typing'].parse(body) });
    } else if (type === 'task.progress') {
      toLocal(conversationId, { type: 'task.progress', ...Signals['task.progress'].parse(body) });
    } else if (type === 'server.here') {
      presence.onSignal(body);
    } else if (type === 'frame') {
      const { serverId: origin, frame } = Signals.frame.parse(body);
      if (origin === serverId) return;
      noteEnd(frame);
      if (frame.type === 'message') toFollowers(frame.message);
      else toLocal(conversationId, frame);
      options.onForeignFrame?.(frame);
    }
  };

  const toFollowers = (message: ChatMessage): void => {
    const followers = conversations.get(message.conversationId);
    if (followers === undefined) return;
    const text = JSON.stringify({ type: 'message', message } satisfies ServerFrame);
    for (const follower of followers.values()) follower.onStored(message.seq, text);
  };

  const enqueueBinding = (change: () => Promise<void>): void => {
    bindings = bindings.then(change).catch((err: unknown) => {
      // Fleeting frames are lost until it is bound again; messages come with the next look into the store.
      logger.warn({ err }, 'the signals of a conversation could not be bound');
    });
  };

  const unfollow = (reader: Reader, conversationId: string): void => {
    const followers = conversations.get(conversationId);
    followers?.get(reader)?.stop();
    followers?.delete(reader);
    if (followers === undefined || followers.size > 0) return;
    conversations.delete(conversationId);
    release(conversationId);
  };

  /** Hears no more of the conversation, unless it is followed, or a reply grows in it: a reader may be back in a moment. */
  const release = (conversationId: string): void => {
    const isWanted = (): boolean => conversations.has(conversationId) || growing.has(conversationId);
    if (isWanted()) return;
    enqueueBinding(async () => {
      if (!isWanted()) await subscription.unbind(conversationId);
    });
  };

  const catchUpAll = (): void => {
    for (const followers of conversations.values()) {
      for (const follower of followers.values()) follower.catchUp();
    }
  };
  // Signals of other servers were lost while the connection was away.
  const stopWatching = bus.onHealth((health) => {
    if (health.state !== 'up') return;
    catchUpAll();
    presence.meetAgain();
  });
  const presence = createServerPresence(serverId, bus, catchUpAll);
  enqueueBinding(async () => {
    await subscription.bind(SIGNAL_KEYS.servers);
    presence.start();
  });
  const missed = createMissedMessages({
    ...options,
    conversationIds: () => (presence.hasOthers() ? [...conversations.keys()] : []),
    onLastSeq(conversationId, lastSeq) {
      for (const follower of conversations.get(conversationId)?.values() ?? []) follower.catchUpTo(lastSeq);
    },
  });
  missed.start();

  return {
    follow(reader, conversationId, afterSeq) {
      // It went while it was being looked up what it may follow.
      if (!reader.isOpen()) return;
      const known = conversations.get(conversationId);
      const followers = known ?? new Map<Reader, Follower>();
      followers.get(reader)?.stop();
      const follower = createFollower({ reader, conversationId, afterSeq, store, logger });
      followers.set(reader, follower);
      follower.catchUp();
      for (const piece of growing.of(conversationId)) {
        reader.send(JSON.stringify({ type: 'message.delta', ...piece } satisfies ServerFrame));
      }
      if (known !== undefined) return;
      conversations.set(conversationId, followers);
      enqueueBinding(async () => {
        await subscription.bind(conversationId);
        // What another server stored before the signals of this conversation arrived here.
        for (const each of conversations.get(conversationId)?.values() ?? []) each.catchUp();
        if (presence.hasOthers()) signal('chat.growing', conversationId, { serverId });
      });
    },
    unfollow,
    unfollowAll(reader) {
      for (const [conversationId, followers] of [...conversations]) {
        if (followers.has(reader)) unfollow(reader, conversationId);
      }
    },
    isFollowing: (reader, conversationId) => conversations.get(conversationId)?.has(reader) ?? false,
    deliver(message) {
      growing.finished(message.id);
      toFollowers(message);
      toOthers(message.conversationId, { type: 'message', message });
    },
    broadcast(conversationId, frame, except) {
      noteEnd(frame);
      toLocal(conversationId, frame, except);
      toOthers(conversationId, frame);
    },
    async stop() {
      stopWatching();
      await missed.stop();
      await bindings;
      presence.stop();
      growing.stop();
      await subscription.close();
    },
  };
}
