import { type ChatMessage, transcriptEntry, transcriptHead } from '@parley/shared-models';
import type { Store } from '@parley/store';

const CONVERSATIONS = 100;
const MESSAGES = 100;

/** A person's conversations as one readable text, the newest last, in pieces: all of them need not fit into memory. */
export async function* conversationsFile(
  store: Pick<Store, 'transcripts' | 'listMessages'>,
  userId: string,
): AsyncGenerator<string, void, undefined> {
  yield '# Conversations\n';
  let afterId: string | undefined;
  for (;;) {
    const page = await store.transcripts.conversationsOf(userId, { limit: CONVERSATIONS, afterId });
    for (const conversation of page) {
      yield `\n${transcriptHead(conversation)}`;
      for await (const message of messagesOf(store, conversation.id)) yield transcriptEntry(message);
    }
    afterId = page.at(-1)?.id;
    if (page.length < CONVERSATIONS) return;
  }
}

async function* messagesOf(
  store: Pick<Store, 'listMessages'>,
  conversationId: string,
): AsyncGenerator<ChatMessage, void, undefined> {
  let afterSeq = 0;
  for (let hasMore = true; hasMore; ) {
    const page = await store.listMessages(conversationId, { afterSeq, limit: MESSAGES });
    yield* page.messages;
    afterSeq = page.messages.at(-1)?.seq ?? afterSeq;
    hasMore = page.hasMore;
  }
}
