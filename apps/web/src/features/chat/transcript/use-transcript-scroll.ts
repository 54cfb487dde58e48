import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { firstVisible, type ScrollAnchor } from './scroll-anchor.ts';

/** As near to the end as this counts as at the end, in pixels. */
const END_SLACK = 48;
/** Older messages are fetched this long before the reader reaches the top, in pixels. */
const TOP_MARGIN = 800;

/** Where the reader was in each conversation when it was left; at the end when nothing is noted. */
const remembered = new Map<string, ScrollAnchor>();

export interface TranscriptScroll {
  readonly scrollerRef: RefObject<HTMLDivElement | null>;
  readonly contentRef: RefObject<HTMLDivElement | null>;
  readonly isAtEnd: boolean;
  readonly onScroll: () => void;
  readonly jumpToEnd: () => void;
}

/**
 * Keeps the reader's place: at the end, the end stays in view while text grows; elsewhere, the first visible message
 * stays where it is, whatever is added or changes its height above it.
 * @param onNearTop called when what is above may soon be wanted, also again and again
 */
export function useTranscriptScroll(conversationId: string, onNearTop: () => void): TranscriptScroll {
  const scrollerRef = useRef<HTMLDivElement>(null);
  const contentRef = useRef<HTMLDivElement>(null);
  const anchor = useRef<ScrollAnchor | undefined>(remembered.get(conversationId));
  const isPinned = useRef(anchor.current === undefined);
  const lastTop = useRef(0);
  const [isAtEnd, setIsAtEnd] = useState(isPinned.current);

  const settle = useCallback(() => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    if (isPinned.current) scroller.scrollTop = scroller.scrollHeight;
    else if (anchor.current !== undefined) restore(scroller, anchor.current);
    lastTop.current = scroller.scrollTop;
    if (scroller.scrollTop < TOP_MARGIN) onNearTop();
  }, [onNearTop]);

  const onScroll = useCallback(() => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    // Only a move upwards leaves the end: text that grows below it does not.
    const hasMovedUp = scrollTop < lastTop.current - 1;
    lastTop.current = scrollTop;
    if (scrollHeight - scrollTop - clientHeight <= END_SLACK) isPinned.current = true;
    else if (hasMovedUp) isPinned.current = false;
    anchor.current = isPinned.current ? undefined : firstVisible(scroller);
    setIsAtEnd(isPinned.current);
    if (scrollTop < TOP_MARGIN) onNearTop();
  }, [onNearTop]);

  const jumpToEnd = useCallback(() => {
    isPinned.current = true;
    setIsAtEnd(true);
    settle();
  }, [settle]);

  // After every change of the list, before it is painted.
  useLayoutEffect(settle);

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

function restore(scroller: HTMLElement, { key, offset }: ScrollAnchor): void {
  const element = scroller.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (element === null) return;
  const moved = element.getBoundingClientRect().top - scroller.getBoundingClientRect().top - offset;
  if (Math.abs(moved) >= 1) scroller.scrollTop += moved;
}
