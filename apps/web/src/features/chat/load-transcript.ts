import type { HttpApi } from '@parley/client';
import { type Conversation, LIMITS, transcriptEntry, transcriptHead } from '@parley/shared-models';

/**
 * The whole conversation as Markdown, including messages that are not loaded.
 * @throws ParleyError when the server cannot be reached
 */
export async function loadTranscript(
  http: Pick<HttpApi, 'conversation' | 'messages'>,
  conversationId: string,
): Promise<{ conversation: Conversation; text: string }> {
  const conversation = await http.conversation(conversationId);
  const parts = [transcriptHead(conversation)];
  let afterSeq = 0;
  for (let hasMore = true; hasMore; ) {
    const page = await http.messages(conversationId, { afterSeq, limit: LIMITS.messagesPage });
    parts.push(...page.messages.map(transcriptEntry));
    afterSeq = page.messages.at(-1)?.seq ?? afterSeq;
    hasMore = page.hasMore && page.messages.length > 0;
  }
  return { conversation, text: parts.join('') };
}

/** The title as a file name that is valid on every system. */
export function transcriptFileName({ title, createdAt }: Pick<Conversation, 'title' | 'createdAt'>): string {
  const words = title
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/[\uD800-\uDBFF]$|-+$/, '');
  return `${createdAt.slice(0, 10)}-${words || 'conversation'}.md`;
}
