import { useEffect, useRef } from 'react';
import { lastSeqOf } from '../../../model/thread.ts';
import { useAppModel } from '../../../model/use-app-model.ts';

/** While the person types, the signal is repeated at this interval. */
const REPEAT_MS = 3000;
/** Without a change for this long, typing has stopped. */
const PAUSE_MS = 5000;

/** Tells the other participants that the person is typing, while `text` changes and is not empty. */
export function useTypingSignal(conversationId: string | undefined, text: string): void {
  const model = useAppModel();
  const saidAt = useRef(0);

  useEffect(() => {
    const thread = conversationId === undefined ? undefined : model.store.getState().threads[conversationId];
    // The server knows a conversation only from its first message on.
    if (conversationId === undefined || thread === undefined || lastSeqOf(thread) === 0) return;
    const stop = () => {
      if (saidAt.current === 0) return;
      saidAt.current = 0;
      model.setTyping(conversationId, false);
    };
    if (text.trim() === '') return stop();
    if (Date.now() - saidAt.current > REPEAT_MS) {
      model.setTyping(conversationId, true);
      saidAt.current = Date.now();
    }
    const timer = setTimeout(stop, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [model, conversationId, text]);
}
