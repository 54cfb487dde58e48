import { useEffect, useRef } from 'react';
import { lastSeqOf } from '../../../model/thread.ts';
import { useAppModel } from '../../../model/use-app-model.ts';

/** As long as one goes on typing, it is said again this often. */
const REPEAT_MS = 3000;
/** Who has not typed for this long has stopped. */
const PAUSE_MS = 5000;

/** Tells the others in the conversation that one is typing, while `text` changes and is not empty. */
export function useTypingSignal(conversationId: string | undefined, text: string): void {
  const model = useAppModel();
  const saidAt = useRef(0);

  useEffect(() => {
    const thread = conversationId === undefined ? undefined : model.store.getState().threads[conversationId];
    // The server knows the conversation from its first message on.
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
