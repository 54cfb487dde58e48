import type { ServerFrameOf } from '@parley/shared-models';

export type Delta = ServerFrameOf<'message.delta'>;

export interface DeltaOrder {
  /**
   * Whether the piece that arrived is to be shown: it is newer than those before it. Pieces that were written before
   * anybody here listened, or were lost on the way, are left out; what follows them is shown all the same.
   */
  accept(delta: Delta): boolean;
  /** The finished message is known: pieces of it that still come are dropped. */
  finish(messageId: string): void;
  /** Forgets the unfinished messages of a conversation that is left. */
  leave(conversationId: string): void;
}

export interface DeltaOrderOptions {
  /** Messages to remember, the unfinished and the finished each. @default 500 */
  readonly maxMessages?: number;
}

/**
 * Keeps the pieces of messages that are being written in order and each once. They come in order from one agent over one
 * way; what comes late was sent twice.
 */
export function createDeltaOrder({ maxMessages = 500 }: DeltaOrderOptions = {}): DeltaOrder {
  const streams = new Map<string, { readonly conversationId: string; readonly next: number }>();
  const finished = new Set<string>();
  return {
    accept({ messageId, conversationId, index }) {
      if (finished.has(messageId) || index < (streams.get(messageId)?.next ?? 0)) return false;
      // Behind all others: the message that was quiet longest is forgotten first.
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

/** Forgets what was put in first, until no more than `most` are remembered. */
export function dropOldest(remembered: Map<string, unknown> | Set<string>, most: number): void {
  for (const oldest of remembered.keys()) {
    if (remembered.size <= most) return;
    remembered.delete(oldest);
  }
}
