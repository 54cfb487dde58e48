import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** A message and where its top stands, in pixels below the top of what scrolls. */
interface ScrollAnchor {
  readonly key: string;
  readonly offset: number;
}

/** The first message of which something is visible. Messages stand below each other, so half of the rest is enough. */
function firstVisible(scroller: HTMLElement): ScrollAnchor | undefined {
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

/** As near to the end as this counts as at the end, in pixels. */
const END_SLACK = 48;
/** More messages are fetched this long before the reader reaches the last one in the page, in pixels. */
const MARGIN = 800;

/** Where the reader was in each conversation when it was left; at the end when nothing is noted. */
const remembered = new Map<string, ScrollAnchor>();

export interface TranscriptEdges {
  /** Called when what is above may soon be wanted, also again and again. */
  readonly onNearTop: () => void;
  /** The same for what is below. */
  readonly onNearEnd: () => void;
  /** Whether there are messages below the last one in the page. */
  readonly hasMoreBelow: boolean;
}

export interface TranscriptScroll {
  readonly scrollerRef: RefObject<HTMLElement | null>;
  readonly contentRef: RefObject<HTMLDivElement | null>;
  readonly isAtEnd: boolean;
  readonly onScroll: () => void;
  readonly jumpToEnd: () => void;
}

/**
 * Keeps the reader's place: at the end, the end stays in view while text grows; elsewhere, the first visible message
 * stays where it is, whatever is added, taken away or changes its height above it.
 */
export function useTranscriptScroll(conversationId: string, edges: TranscriptEdges): TranscriptScroll {
  const scrollerRef = useRef<HTMLElement>(null);
  const contentRef = useRef<HTMLDivElement>(null);
  const anchor = useRef<ScrollAnchor | undefined>(remembered.get(conversationId));
  const isPinned = useRef(anchor.current === undefined);
  const lastTop = useRef(0);
  const latestEdges = useRef(edges);
  const [isAtEnd, setIsAtEnd] = useState(isPinned.current);

  const askForMore = useCallback((scroller: HTMLElement) => {
    const { onNearTop, onNearEnd, hasMoreBelow } = latestEdges.current;
    if (scroller.scrollTop < MARGIN) onNearTop();
    if (hasMoreBelow && distanceToEnd(scroller) < MARGIN) onNearEnd();
  }, []);

  /** Takes note of where the reader is. */
  const note = useCallback((scroller: HTMLElement) => {
    const { scrollTop } = scroller;
    // Only a move upwards leaves the end: text that grows below it does not.
    const hasMovedUp = scrollTop < lastTop.current - 1;
    lastTop.current = scrollTop;
    if (distanceToEnd(scroller) <= END_SLACK && !latestEdges.current.hasMoreBelow) isPinned.current = true;
    else if (hasMovedUp) isPinned.current = false;
    anchor.current = isPinned.current ? undefined : firstVisible(scroller);
    setIsAtEnd(isPinned.current);
  }, []);

  /** Puts the reader back there after the list has changed. */
  const settle = useCallback(() => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    // The reader may have scrolled so shortly before that the browser has not told it yet.
    const moved = scroller.scrollTop - lastTop.current;
    if (isPinned.current && moved < -1 && distanceToEnd(scroller) > END_SLACK) note(scroller);
    else if (isPinned.current) scroller.scrollTop = scroller.scrollHeight;
    else if (anchor.current !== undefined) {
      anchor.current = { ...anchor.current, offset: anchor.current.offset - moved };
      restore(scroller, anchor.current);
    }
    lastTop.current = scroller.scrollTop;
    askForMore(scroller);
  }, [note, askForMore]);

  const onScroll = useCallback(() => {
    if (scrollerRef.current === null) return;
    note(scrollerRef.current);
    askForMore(scrollerRef.current);
  }, [note, askForMore]);

  const jumpToEnd = useCallback(() => {
    isPinned.current = true;
    lastTop.current = scrollerRef.current?.scrollTop ?? 0;
    setIsAtEnd(true);
    settle();
  }, [settle]);

  // After every change of the list, before it is painted.
  useLayoutEffect(() => {
    latestEdges.current = edges;
    settle();
  });

  useEffect(() => {
    const observer = new ResizeObserver(settle);
    if (scrollerRef.current !== null) observer.observe(scrollerRef.current);
    if (contentRef.current !== null) observer.observe(contentRef.current);
    return () => observer.disconnect();
  }, [settle]);

  useEffect(
    () => () => {
      if (anchor.current === undefined) remembered.delete(conversationId);
      else remembered.set(conversationId, anchor.current);
    },
    [conversationId],
  );

  return { scrollerRef, contentRef, isAtEnd, onScroll, jumpToEnd };
}

const distanceToEnd = ({ scrollHeight, scrollTop, clientHeight }: HTMLElement): number =>
  scrollHeight - scrollTop - clientHeight;

function restore(scroller: HTMLElement, { key, offset }: ScrollAnchor): void {
  const element = scroller.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (element === null) return;
  const shift = element.getBoundingClientRect().top - scroller.getBoundingClientRect().top - offset;
  if (Math.abs(shift) >= 1) scroller.scrollTop += shift;
}
