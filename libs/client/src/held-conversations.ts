import type { AgentSession, ServerFrameOf } from '@parley/shared-models';
import { createTimers } from './timers.ts';

export interface HeldConversations {
  /** By conversation. A new map after every change. */
  readonly sessions: ReadonlyMap<string, AgentSession>;
  /** The server's clock, which says when sessions end, may differ from the one here. */
  welcomed(serverTime: string): void;
  update(frame: ServerFrameOf<'session'>): void;
  /** The server does not tell any more about this conversation. */
  leave(conversationId: string): void;
  stop(): void;
}

/**
 * With whom the followed conversations are. A session that ends because nobody wrote is told by nobody: it is taken away
 * when its time is over.
 */
export function createHeldConversations(
  onChange: (frame: ServerFrameOf<'session'>) => void,
): HeldConversations {
  let sessions: ReadonlyMap<string, AgentSession> = new Map();
  let aheadMs = 0;
  const timers = createTimers();

  const forget = (conversationId: string): void => {
    timers.clear(conversationId);
    const next = new Map(sessions);
    if (next.delete(conversationId)) sessions = next;
  };

  const watch = (conversationId: string, { expiresAt }: AgentSession): void => {
    const waitMs = Math.max(0, Date.parse(expiresAt) - Date.now() - aheadMs);
    timers.set(conversationId, waitMs, () => {
      forget(conversationId);
      onChange({ type: 'session', conversationId, session: null });
    });
  };

  return {
    get sessions() {
      return sessions;
    },
    welcomed(serverTime) {
      aheadMs = Date.parse(serverTime) - Date.now();
    },
    update(frame) {
      const { conversationId, session } = frame;
      if (session === null) forget(conversationId);
      else {
        sessions = new Map(sessions).set(conversationId, session);
        watch(conversationId, session);
      }
      onChange(frame);
    },
    leave: forget,
    stop: () => timers.clearAll(),
  };
}
