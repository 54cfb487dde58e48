import type { MessageStatus, ServerFrameOf } from '@parley/shared-models';

/** A reply while it is being written. */
export interface Draft {
  /** The id of the finished reply. */
  readonly messageId: string;
  readonly conversationId: string;
  readonly agentId: string;
  /** The message that the reply answers. */
  readonly inReplyTo?: string;
  /** The text so far; an ellipsis replaces pieces that this page has not received. */
  readonly text: string;
  /** The index of the next piece, unless pieces are missing. */
  readonly nextIndex: number;
}

/** By `messageId`. */
export type Drafts = Readonly<Record<string, Draft>>;

/** Appends pieces, which the client passes on in order and each once. */
export function withPieces(drafts: Drafts, pieces: readonly ServerFrameOf<'message.delta'>[]): Drafts {
  const next: Record<string, Draft> = { ...drafts };
  for (const { messageId, conversationId, agentId, inReplyTo, index, from = index, text } of pieces) {
    // A piece that starts at index 0 contains the whole text so far.
    const known = from === 0 ? undefined : next[messageId];
    const gap = from === (known?.nextIndex ?? 0) ? '' : '… ';
    next[messageId] = {
      messageId,
      conversationId,
      agentId,
      ...(inReplyTo === undefined ? {} : { inReplyTo }),
      text: (known?.text ?? '') + gap + text,
      nextIndex: index + 1,
    };
  }
  return next;
}

/** Removes the drafts that match. Returns the same object when no draft matches. */
export function withoutDrafts(drafts: Drafts, isOver: (draft: Draft) => boolean): Drafts {
  const kept = Object.entries(drafts).filter(([, draft]) => !isOver(draft));
  return kept.length === Object.keys(drafts).length ? drafts : Object.fromEntries(kept);
}

/**
 * The drafts of one conversation, without answers to failed requests: an agent that is slow to stop continues to write for
 * a while, and that text does not become a message.
 */
export const draftsIn = (
  drafts: Drafts,
  conversationId: string,
  statuses: Readonly<Record<string, MessageStatus>> = {},
): Draft[] =>
  Object.values(drafts).filter(
    (draft) =>
      draft.conversationId === conversationId &&
      (draft.inReplyTo === undefined || statuses[draft.inReplyTo]?.status !== 'failed'),
  );
