import type { ChatMessage, Conversation } from '@parley/shared-models';

export type Conversations = Readonly<Record<string, Conversation>>;

const PREVIEW_LENGTH = 140;
const TITLE_LENGTH = 80;

/** Merges the loaded conversations; a newer live message is not undone. */
export function withConversations(known: Conversations, loaded: readonly Conversation[]): Conversations {
  const next: Record<string, Conversation> = { ...known };
  for (const conversation of loaded) {
    const live = known[conversation.id];
    next[conversation.id] =
      live !== undefined && live.lastSeq > conversation.lastSeq
        ? { ...live, title: conversation.title }
        : conversation;
  }
  return next;
}

/** Updates the message's conversation; a conversation that is not in the list yet gets a provisional entry. */
export function withNewest(known: Conversations, message: ChatMessage, ownerId: string): Conversations {
  const { conversationId: id, seq, text, createdAt } = message;
  const conversation = known[id];
  if (conversation !== undefined && conversation.lastSeq >= seq) return known;
  const preview = text.replace(/\s+/g, ' ').trim().slice(0, PREVIEW_LENGTH);
  const base = conversation ?? { id, ownerId, title: preview.slice(0, TITLE_LENGTH), createdAt };
  return { ...known, [id]: { ...base, lastSeq: seq, preview, updatedAt: createdAt } };
}
