import type { ConversationHub, FollowOptions, Subscription } from '../conversations/conversation-hub.ts';

/** The conversations that one connection follows, each by a subscription of its own. */
export interface FollowedConversations {
  /** From now on, or anew from there where it was followed already; does nothing after `stop`. */
  follow(conversationId: string, afterSeq: number): void;
  get(conversationId: string): Subscription | undefined;
  leave(conversationId: string): void;
  /** The connection is closed. */
  stop(): void;
}

export function createFollowedConversations(
  hub: Pick<ConversationHub, 'follow'>,
  reader: Pick<FollowOptions, 'onFrame' | 'flushed'>,
): FollowedConversations {
  const followed = new Map<string, Subscription>();
  let isStopped = false;
  const leave = (conversationId: string): void => {
    followed.get(conversationId)?.stop();
    followed.delete(conversationId);
  };
  return {
    follow(conversationId, afterSeq) {
      // The connection was closed while the conversation was looked up.
      if (isStopped) return;
      const before = followed.get(conversationId);
      followed.set(conversationId, hub.follow({ ...reader, conversationId, afterSeq }));
      // Last, so that its signals stay bound.
      before?.stop();
    },
    get: (conversationId) => followed.get(conversationId),
    leave,
    stop() {
      isStopped = true;
      for (const conversationId of [...followed.keys()]) leave(conversationId);
    },
  };
}
