/** A message and where its top stands, in pixels below the top of what scrolls. */
export interface ScrollAnchor {
  readonly key: string;
  readonly offset: number;
}

/** The first message of which something is visible. Messages stand below each other, so half of the rest is enough. */
export function firstVisible(scroller: HTMLElement): ScrollAnchor | undefined {
  const entries = scroller.querySelectorAll<HTMLElement>('[data-key]');
  const { top } = scroller.getBoundingClientRect();
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.getBoundingClientRect().bottom ?? 0) > top) high = middle;
    else low = middle + 1;
  }
  const entry = entries[low];
  const key = entry?.dataset.key;
  return entry === undefined || key === undefined
    ? undefined
    : { key, offset: entry.getBoundingClientRect().top - top };
}
