import type { MessageStatus, ServerFrameOf } from '@parley/shared-models';

/** A reply while it is being written. */
export interface Draft {
  /** The id that the finished reply will have. */
  readonly messageId: string;
  readonly conversationId: string;
  readonly agentId: string;
  /** The message that it answers. */
  readonly inReplyTo?: string;
  /** Of what was written so far; an ellipsis stands for what this page was not there to hear. */
  readonly text: string;
  /** The next piece's, unless some are missing. */
  readonly nextIndex: number;
}

/** By `messageId`. */
export type Drafts = Readonly<Record<string, Draft>>;

/** Appends pieces, which the client hands on in order and each once. */
export function withPieces(drafts: Drafts, pieces: readonly ServerFrameOf<'message.delta'>[]): Drafts {
  const next: Record<string, Draft> = { ...drafts };
  for (const { messageId, conversationId, agentId, inReplyTo, index, from = index, text } of pieces) {
    // What begins at the beginning is all of it.
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

/** Without those that match; the same object when none does. */
export function withoutDrafts(drafts: Drafts, isOver: (draft: Draft) => boolean): Drafts {
  const kept = Object.entries(drafts).filter(([, draft]) => !isOver(draft));
  return kept.length === Object.keys(drafts).length ? drafts : Object.fromEntries(kept);
}

/**
 * Those of one conversation, without the answers to requests that have failed: who is slow to stop goes on writing for a
 * while, and what it writes becomes no message any more.
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
