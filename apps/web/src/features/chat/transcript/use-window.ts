import { useCallback, useState } from 'react';
import { hasOlder, lastSeqOf, type Thread } from '../../../session/thread.ts';
import { atEnd, extendDown, extendUp, isSame, type MessageWindow, shorten } from './message-window.ts';

export interface TranscriptWindow extends MessageWindow {
  readonly onNearTop: () => void;
  readonly onNearEnd: () => void;
  readonly toEnd: () => void;
  readonly shorten: () => void;
}

/** Which messages are drawn; more of them as the reader comes near the top or the end. */
export function useWindow(thread: Thread, loadOlder: () => void): TranscriptWindow {
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
