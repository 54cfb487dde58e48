import { LIMITS, type SignalOf } from '@parley/shared-models';

type Piece = SignalOf<'chat.delta'>;

/**
 * The text so far of replies that are being written, for readers that open their conversation meanwhile. In memory
 * only.
 */
export interface GrowingReplies {
  add(piece: Piece): void;
  /** The reply is there. */
  finished(messageId: string): void;
  /** The message has ended: unfinished replies to it are dropped. */
  requestEnded(requestId: string): void;
  /** Of each reply that grows in the conversation, one piece that holds all that is known of it. */
  of(conversationId: string): Piece[];
  has(conversationId: string): boolean;
  stop(): void;
}

/** Replies that grow at once, over all conversations; beyond, the one that was quiet longest is forgotten. */
const MOST_REPLIES = 500;
/** A reply of which nothing was heard for so long is not finished any more, or its end was not heard here. */
const QUIET_MS = 300_000;

/** @param onQuiet nothing grows in this conversation any more */
export function createGrowingReplies(
  onQuiet: (conversationId: string) => void,
  quietMs = QUIET_MS,
): GrowingReplies {
  /** By the reply's id; the one that was quiet longest first. */
  const replies = new Map<string, { readonly piece: Piece; readonly heardAt: number }>();
  let timer: NodeJS.Timeout | undefined;

  function forget(messageId: string): void {
    const conversationId = replies.get(messageId)?.piece.conversationId;
    if (conversationId === undefined) return;
    replies.delete(messageId);
    if (!has(conversationId)) onQuiet(conversationId);
  }

  const has = (conversationId: string): boolean => of(conversationId).length > 0;
  const of = (conversationId: string): Piece[] =>
    [...replies.values()]
      .map(({ piece }) => piece)
      .filter((piece) => piece.conversationId === conversationId);

  function forgetQuiet(): void {
    timer = undefined;
    const since = performance.now() - quietMs;
    for (const [messageId, { heardAt }] of [...replies]) if (heardAt <= since) forget(messageId);
    watch();
  }

  function watch(): void {
    if (timer === undefined && replies.size > 0) timer = setTimeout(forgetQuiet, quietMs);
  }

  return {
    add(piece) {
      const { messageId } = piece;
      const grown = grow(replies.get(messageId)?.piece, piece);
      replies.delete(messageId);
      replies.set(messageId, { piece: grown, heardAt: performance.now() });
      if (replies.size > MOST_REPLIES) forget([...replies.keys()][0] ?? messageId);
      watch();
    },
    finished: forget,
    requestEnded(requestId) {
      for (const [messageId, { piece }] of [...replies]) if (piece.inReplyTo === requestId) forget(messageId);
    },
    of,
    has,
    stop: () => clearTimeout(timer),
  };
}

/** The text known with this piece, from the first piece that was heard without a gap behind it. */
function grow(known: Piece | undefined, piece: Piece): Piece {
  const from = piece.from ?? piece.index;
  // Without `from` the first piece begins the reply anew: it is written once more.
  if (known === undefined || (piece.from === undefined && piece.index === 0)) return { ...piece, from };
  const knownFrom = known.from ?? 0;
  // A piece from another server may be older than the text heard here meanwhile.
  if (piece.index < known.index || (piece.index === known.index && from >= knownFrom)) return known;
  if (from <= knownFrom || from > known.index + 1) return { ...piece, from };
  if (from <= known.index) return known;
  // No message is longer; text beyond the limit is not shown.
  const text = (known.text + piece.text).slice(0, LIMITS.textLength);
  return { ...known, index: piece.index, text };
}
