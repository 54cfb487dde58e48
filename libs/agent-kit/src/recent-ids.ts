/** Remembers the last `capacity` ids: what is handed out again although it was finished is recognised. */
export interface RecentIds {
  has(id: string): boolean;
  add(id: string): void;
}

export function createRecentIds(capacity: number): RecentIds {
  const ids = new Set<string>();
  return {
    has: (id) => ids.has(id),
    add(id) {
      ids.add(id);
      if (ids.size <= capacity) return;
      // A set iterates in the order of insertion, so the first one is the oldest.
      for (const oldest of ids) {
        ids.delete(oldest);
        break;
      }
    },
  };
}
