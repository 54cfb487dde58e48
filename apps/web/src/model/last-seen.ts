import { z } from 'zod';

/** A storage such as `localStorage`. */
export type KeyValueStorage = Pick<Storage, 'getItem' | 'setItem'>;

export const LAST_SEEN_KEY = 'parley.last-seen';
/** The number of conversations that are remembered; those seen longest ago are forgotten, and then count as read. */
const MAX_CONVERSATIONS = 1000;

const Seen = z.record(z.string(), z.number().int().nonnegative());

/** The `seq` of the newest message that this browser has shown, by conversation. */
export type LastSeen = Readonly<Record<string, number>>;

/** The stored entries; empty when they are not valid, which only costs the marks of unread messages. */
export function loadLastSeen(storage: KeyValueStorage): LastSeen {
  const stored = storage.getItem(LAST_SEEN_KEY);
  if (stored === null) return {};
  try {
    const parsed = Seen.safeParse(JSON.parse(stored));
    return parsed.success ? parsed.data : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** Records that all messages up to `seq` were shown. Never goes back; returns the same object when nothing changes. */
export function markSeen(seen: LastSeen, conversationId: string, seq: number): LastSeen {
  if ((seen[conversationId] ?? -1) >= seq) return seen;
  const { [conversationId]: _, ...others } = seen;
  const kept = Object.entries(others).slice(-(MAX_CONVERSATIONS - 1));
  return Object.fromEntries([...kept, [conversationId, seq]]);
}

/** Stores the entries, merged with those of other tabs: the larger `seq` counts. @returns the merged entries */
export function storeLastSeen(storage: KeyValueStorage, seen: LastSeen): LastSeen {
  const both = withSeen(seen, loadLastSeen(storage));
  storage.setItem(LAST_SEEN_KEY, JSON.stringify(both));
  return both;
}

/** Merges both: the larger `seq` counts. Returns the same object when `other` adds nothing. */
export const withSeen = (seen: LastSeen, other: LastSeen): LastSeen =>
  Object.entries(other).reduce((known, [conversationId, seq]) => markSeen(known, conversationId, seq), seen);

/** The number of messages that were not shown here; a conversation never opened in this browser counts as read. */
export const unreadCount = (seen: LastSeen, conversation: { id: string; lastSeq: number }): number =>
  Math.max(0, conversation.lastSeq - (seen[conversation.id] ?? conversation.lastSeq));
