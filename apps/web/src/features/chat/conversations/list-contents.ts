import type { Conversation } from '@parley/shared-models';
import { calendarDaysBetween } from '../../../components/format-time.ts';

export interface ConversationGroup {
  readonly label: string;
  readonly conversations: readonly Conversation[];
}

/** Newest first, under `Today`, `Yesterday`, `Last 7 days` and `Earlier`; groups without a conversation are left out. */
export function groupConversations(conversations: readonly Conversation[], now: Date): ConversationGroup[] {
  const groups = new Map<string, Conversation[]>();
  for (const conversation of conversations.toSorted(byNewest)) {
    const label = groupLabel(conversation, now);
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [conversation]);
    else group.push(conversation);
  }
  return [...groups].map(([label, members]) => ({ label, conversations: members }));
}

function groupLabel(conversation: Conversation, now: Date): string {
  const days = calendarDaysBetween(new Date(conversation.updatedAt), now);
  if (days <= 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return days < 7 ? 'Last 7 days' : 'Earlier';
}

/** ISO 8601 in UTC sorts as text; ids break ties so that the order is stable. */
function byNewest(one: Conversation, other: Conversation): number {
  if (one.updatedAt !== other.updatedAt) return one.updatedAt < other.updatedAt ? 1 : -1;
  return one.id < other.id ? 1 : -1;
}

/** Conversations whose title or newest message contains every word of the query, ignoring case and accents. */
export function searchConversations(conversations: readonly Conversation[], query: string): Conversation[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  return conversations.filter((conversation) => {
    const text = plain(`${conversation.title} ${conversation.preview}`);
    return words.every((word) => text.includes(word));
  });
}

const plain = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** Markdown without its marks, on one line: for the preview of a message in a list. */
export function plainText(markdown: string): string {
  return markdown
    .replace(/```[a-z]*\s?/gi, ' ')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^\s*(#{1,6}|[-*+>]|\d+\.)\s+/gm, '')
    .replace(/\*\*|__|~~|`/g, '')
    .replace(/(^|[\s(])[*_](\S[^*_]*\S|\S)[*_](?=$|[\s).,;:!?])/g, '$1$2')
    .replace(/\|?\s*:?-{3,}:?\s*\|?/g, ' ')
    .replace(/\s*\|\s*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
