import type { ServerFrameOf } from '@parley/shared-models';

export type Delta = ServerFrameOf<'message.delta'>;

export interface DeltaOrder {
  /**
   * Whether to show the piece: it is newer than the last one. Earlier pieces may be missing, because they were written
   * before this client followed the conversation or were lost; later pieces are shown all the same.
   */
  accept(delta: Delta): boolean;
  /** The finished message is known: its later pieces are dropped. */
  finish(messageId: string): void;
  /** Forgets the unfinished messages of the conversation. */
  leave(conversationId: string): void;
}

export interface DeltaOrderOptions {
  /** Maximum number of remembered messages, unfinished and finished each. @default 500 */
  readonly maxMessages?: number;
}

/**
 * Passes on the pieces of messages that are being written in order and each once. One agent sends them in order over one
 * connection, so a late piece is a duplicate.
 */
export function createDeltaOrder({ maxMessages = 500 }: DeltaOrderOptions = {}): DeltaOrder {
  const streams = new Map<string, { readonly conversationId: string; readonly next: number }>();
  const finished = new Set<string>();
  return {
    accept({ messageId, conversationId, index }) {
      if (finished.has(messageId) || index < (streams.get(messageId)?.next ?? 0)) return false;
      // Moved to the end: the message without pieces for the longest time is forgotten first.
      streams.delete(messageId);
      streams.set(messageId, { conversationId, next: index + 1 });
      dropOldest(streams, maxMessages);
      return true;
    },

    finish(messageId) {
      streams.delete(messageId);
      finished.add(messageId);
      dropOldest(finished, maxMessages);
    },

    leave(conversationId) {
      for (const [messageId, stream] of streams) {
        if (stream.conversationId === conversationId) streams.delete(messageId);
      }
    },
  };
}

/** Removes the oldest entries until at most `most` are left. */
export function dropOldest(remembered: Map<string, unknown> | Set<string>, most: number): void {
  for (const oldest of remembered.keys()) {
    if (remembered.size <= most) return;
    remembered.delete(oldest);
  }
}
