import type { AgentSession, ServerFrameOf } from '@parley/shared-models';
import { createTimers } from './timers.ts';

export interface HeldConversations {
  /** The session of each held conversation, by conversation. A new map after every change. */
  readonly sessions: ReadonlyMap<string, AgentSession>;
  /** Records the server's clock, which determines when sessions end. */
  welcomed(serverTime: string): void;
  update(frame: ServerFrameOf<'session'>): void;
  /** Forgets the conversation: the server sends no more frames about it. */
  leave(conversationId: string): void;
  stop(): void;
}

/**
 * The agents that hold the followed conversations. The server sends no frame when a session expires, so an expired session
 * is removed by a timer.
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
