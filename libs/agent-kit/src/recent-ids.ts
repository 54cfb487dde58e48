/** Remembers the last `capacity` ids, to recognise a message that is delivered again although it was finished. */
export interface RecentIds {
  has(id: string): boolean;
  add(id: string): void;
}

export function createRecentIds(capacity: number): RecentIds {
  const ids = new Set<string>();
  // A ring beside the set: the oldest of a set from which others were deleted is found by going over their empty places.
  const inOrder: string[] = [];
  let oldest = 0;
  return {
    has: (id) => ids.has(id),
    add(id) {
      if (ids.has(id)) return;
      ids.add(id);
      if (inOrder.length === capacity) ids.delete(inOrder[oldest] ?? '');
      inOrder[oldest] = id;
      oldest = (oldest + 1) % capacity;
    },
  };
}
