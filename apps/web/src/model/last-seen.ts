import { z } from 'zod';

/** Where a browser keeps small things; `localStorage` is one. */
export type KeyValueStorage = Pick<Storage, 'getItem' | 'setItem'>;

export const LAST_SEEN_KEY = 'parley.last-seen';
/** Conversations remembered; those seen longest ago are forgotten, and then count as read. */
const MAX_CONVERSATIONS = 1000;

const Seen = z.record(z.string(), z.number().int().nonnegative());

/** By conversation the `seq` of the newest message that this browser has shown. */
export type LastSeen = Readonly<Record<string, number>>;

/** What was stored; nothing when it cannot be read, so that a spoilt entry costs only the marks of unread ones. */
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

/** Remembers that everything up to `seq` was shown. Goes forward only; the same object when nothing changes. */
export function markSeen(seen: LastSeen, conversationId: string, seq: number): LastSeen {
  if ((seen[conversationId] ?? -1) >= seq) return seen;
  const { [conversationId]: _, ...others } = seen;
  const kept = Object.entries(others).slice(-(MAX_CONVERSATIONS - 1));
  return Object.fromEntries([...kept, [conversationId, seq]]);
}

/** Writes it down. Another tab may have shown more meanwhile: the further one counts. @returns both together */
export function storeLastSeen(storage: KeyValueStorage, seen: LastSeen): LastSeen {
  const both = withSeen(seen, loadLastSeen(storage));
  storage.setItem(LAST_SEEN_KEY, JSON.stringify(both));
  return both;
}

/** What was seen in either; the same object when the other adds nothing. */
export const withSeen = (seen: LastSeen, other: LastSeen): LastSeen =>
  Object.entries(other).reduce((known, [conversationId, seq]) => markSeen(known, conversationId, seq), seen);

/** How many messages of a conversation were not shown here; one never opened in this browser counts as read. */
export const unreadCount = (seen: LastSeen, conversation: { id: string; lastSeq: number }): number =>
  Math.max(0, conversation.lastSeq - (seen[conversation.id] ?? conversation.lastSeq));
