import type { ServerFrameOf } from '@parley/shared-models';

export type Delta = ServerFrameOf<'message.delta'>;

export interface DeltaOrder {
  /** Takes the piece that arrived and returns the pieces that can be shown now, in order of `index`, each once. */
  accept(delta: Delta): readonly Delta[];
  /** The finished message is known: pieces of it that still come are dropped. */
  finish(messageId: string): void;
  /** Forgets the unfinished messages of a conversation that is left. */
  leave(conversationId: string): void;
}

export interface DeltaOrderOptions {
  /** Early pieces to hold for one message; with more, the missing one counts as lost. @default 256 */
  readonly maxHeld?: number;
  /** Messages to remember, the unfinished and the finished each. @default 500 */
  readonly maxMessages?: number;
}

interface Stream {
  readonly conversationId: string;
  next: number;
  /** A piece was lost: nothing more is shown of it until the finished message comes. */
  isLost: boolean;
  readonly held: Map<number, Delta>;
}

/** Brings the pieces of messages that are being written into order. */
export function createDeltaOrder({ maxHeld = 256, maxMessages = 500 }: DeltaOrderOptions = {}): DeltaOrder {
  const streams = new Map<string, Stream>();
  const finished = new Set<string>();

  function streamOf({ messageId, conversationId }: Delta): Stream {
    const known = streams.get(messageId);
    if (known !== undefined) return known;
    const stream: Stream = { conversationId, next: 0, isLost: false, held: new Map() };
    streams.set(messageId, stream);
    dropOldest(streams, maxMessages);
    return stream;
  }

  return {
    accept(delta) {
      if (finished.has(delta.messageId)) return [];
      const stream = streamOf(delta);
      if (stream.isLost || delta.index < stream.next) return [];
      stream.held.set(delta.index, delta);
      const ready: Delta[] = [];
      for (let next = stream.held.get(stream.next); next !== undefined; next = stream.held.get(stream.next)) {
        stream.held.delete(stream.next);
        stream.next += 1;
        ready.push(next);
      }
      if (stream.held.size > maxHeld) {
        stream.isLost = true;
        stream.held.clear();
      }
      return ready;
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

function dropOldest(remembered: Map<string, unknown> | Set<string>, most: number): void {
  for (const oldest of remembered.keys()) {
    if (remembered.size <= most) return;
    remembered.delete(oldest);
  }
}
