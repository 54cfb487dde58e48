import { useCallback, useState } from 'react';
import { hasOlder, lastSeqOf, type Thread } from '../../../model/thread.ts';

/** The part of a long conversation that is rendered, by `seq`. `to` undefined: up to the newest message. */
export interface MessageWindow {
  readonly from: number;
  readonly to: number | undefined;
}

/** Messages rendered at first, and added at a time: few enough to be rendered without a noticeable delay. */
const FIRST = 60;
const STEP = 30;
/** Messages rendered at most. */
const MOST = 300;

export const atEnd = (last: number): MessageWindow => ({ from: Math.max(1, last - FIRST), to: undefined });

/** @param first the oldest loaded message */
export function extendUp({ from, to }: MessageWindow, first: number, last: number): MessageWindow {
  const next = Math.min(from, Math.max(first, from - STEP));
  const end = Math.min(to ?? last, next + MOST);
  return { from: next, to: end >= last ? to : end };
}

export function extendDown({ from, to }: MessageWindow, last: number): MessageWindow {
  if (to === undefined) return { from, to };
  const end = Math.min(last, to + STEP);
  return { from: Math.max(from, end - MOST), to: end >= last ? undefined : end };
}

/** With the reader at the end, messages far above are no longer rendered. */
export const shorten = (window: MessageWindow, last: number): MessageWindow =>
  window.to === undefined && last - window.from > MOST ? atEnd(last) : window;

export const isSame = (one: MessageWindow, other: MessageWindow): boolean =>
  one.from === other.from && one.to === other.to;

interface TranscriptWindow extends MessageWindow {
  readonly onNearTop: () => void;
  readonly onNearEnd: () => void;
  readonly toEnd: () => void;
  readonly shorten: () => void;
}

/** The rendered messages; more are added as the reader comes near the top or the end. */
export function useMessageWindow(thread: Thread, loadOlder: () => void): TranscriptWindow {
  const last = lastSeqOf(thread);
  const first = thread.messages[0]?.seq ?? 1;
  const [window, setWindow] = useState(() => atEnd(last));
  const mustLoad = window.from <= first && hasOlder(thread) && thread.older.phase === 'ready';

  const change = useCallback(
    (next: (window: MessageWindow) => MessageWindow) =>
      setWindow((known) => {
        const changed = next(known);
        return isSame(changed, known) ? known : changed;
      }),
    [],
  );
  return {
    ...window,
    onNearTop: useCallback(() => {
      if (mustLoad) loadOlder();
      change((known) => extendUp(known, first, last));
    }, [mustLoad, loadOlder, change, first, last]),
    onNearEnd: useCallback(() => change((known) => extendDown(known, last)), [change, last]),
    toEnd: useCallback(
      () => change((known) => (known.to === undefined ? known : atEnd(last))),
      [change, last],
    ),
    shorten: useCallback(() => change((known) => shorten(known, last)), [change, last]),
  };
}
