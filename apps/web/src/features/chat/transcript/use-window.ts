import { useCallback, useState } from 'react';
import { hasOlder, type Thread } from '../../../session/thread.ts';

const STEP = 60;
/** More than this is shortened again once the reader is at the end. */
const MOST = 300;

/**
 * Which part of a long conversation is in the page: the end, and more of what is before it as the reader goes up.
 * @returns the `seq` from which on messages are drawn, and what to call near the top and at the end
 */
export function useWindow(thread: Thread, loadOlder: () => void) {
  const last = thread.messages.at(-1)?.seq ?? 0;
  const first = thread.messages[0]?.seq ?? 1;
  const [fromSeq, setFromSeq] = useState(() => Math.max(1, last - STEP));
  const mustLoad = fromSeq <= first && hasOlder(thread) && thread.older.phase === 'ready';

  const extend = useCallback(() => {
    if (mustLoad) loadOlder();
    setFromSeq((from) => (from > first ? Math.max(first, from - STEP) : from));
  }, [mustLoad, loadOlder, first]);

  const shorten = useCallback(() => {
    setFromSeq((from) => (last - from > MOST ? last - STEP : from));
  }, [last]);

  return { fromSeq, extend, shorten };
}
