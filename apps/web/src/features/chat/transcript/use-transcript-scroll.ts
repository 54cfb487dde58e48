import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** A message and the position of its top, in pixels below the top of the scrolling element. */
interface ScrollAnchor {
  readonly key: string;
  readonly offset: number;
}

/** The first message that is visible, even in part. The messages are in order, so a binary search finds it. */
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

/** Within this distance the reader counts as being at the end, in pixels. */
const END_SLACK = 48;
/** More messages are fetched at this distance from the first or last rendered message, in pixels. */
const MARGIN = 800;

/** The position of the reader when each conversation was left; without an entry, the end. */
const remembered = new Map<string, ScrollAnchor>();

export interface TranscriptEdges {
  /** Called, possibly repeatedly, when the reader comes near the first rendered message. */
  readonly onNearTop: () => void;
  /** Likewise for the last rendered message. */
  readonly onNearEnd: () => void;
  /** Whether there are messages below the last rendered one. */
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
 * Keeps the reader's position: at the end, the end stays in view while text grows; elsewhere, the first visible message
 * stays in place when messages above it are added, removed or resized.
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

  /** Records the position of the reader. */
  const note = useCallback((scroller: HTMLElement) => {
    const { scrollTop } = scroller;
    // Only scrolling up leaves the end: text that grows below the reader does not.
    const hasMovedUp = scrollTop < lastTop.current - 1;
    lastTop.current = scrollTop;
    if (distanceToEnd(scroller) <= END_SLACK && !latestEdges.current.hasMoreBelow) isPinned.current = true;
    else if (hasMovedUp) isPinned.current = false;
    anchor.current = isPinned.current ? undefined : firstVisible(scroller);
    setIsAtEnd(isPinned.current);
  }, []);

  /** Restores the recorded position after the list has changed. */
  const settle = useCallback(() => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    // The reader may have scrolled without a scroll event from the browser yet.
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

  // After every change of the list, before the browser paints it.
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
