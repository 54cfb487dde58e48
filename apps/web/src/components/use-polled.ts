import { useCallback, useEffect, useRef, useState } from 'react';
import { describeFailure } from '../model/failures.ts';

export interface Polled<T> {
  /** The last answer; stays when a later request fails. */
  readonly data: T | undefined;
  /** Why the last request failed; undefined when it did not. */
  readonly failure: string | undefined;
  readonly reload: () => void;
}

/** Loads again every `intervalMs` while the page is visible. `load` must keep its identity. */
export function usePolled<T>(load: (signal: AbortSignal) => Promise<T>, intervalMs: number): Polled<T> {
  const [data, setData] = useState<T>();
  const [failure, setFailure] = useState<string>();
  const running = useRef<AbortController>(undefined);

  const reload = useCallback(() => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    load(controller.signal).then(
      (answer) => {
        if (controller.signal.aborted) return;
        setData(answer);
        setFailure(undefined);
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setFailure(describeFailure(error));
      },
    );
  }, [load]);

  useEffect(() => {
    reload();
    const whenVisible = () => {
      if (document.visibilityState === 'visible') reload();
    };
    const timer = setInterval(whenVisible, intervalMs);
    document.addEventListener('visibilitychange', whenVisible);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', whenVisible);
      running.current?.abort();
    };
  }, [reload, intervalMs]);

  return { data, failure, reload };
}
