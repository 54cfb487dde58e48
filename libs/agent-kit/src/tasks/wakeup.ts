/** Lets a loop sleep until there is something to do. */
export interface Wakeup {
  wake(): void;
  /** Wakes at this time, in milliseconds since 1970, unless an earlier one is set. */
  at(time: number): void;
  /** Resolves when it was woken since the last call, or the signal is aborted. */
  next(): Promise<void>;
}

/** @param signal wakes for good, and ends the timer */
export function createWakeup(signal: AbortSignal): Wakeup {
  let isAwake = false;
  let resolve: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Number.POSITIVE_INFINITY;

  const wake = (): void => {
    isAwake = true;
    resolve?.();
  };
  const disarm = (): void => {
    clearTimeout(timer);
    dueAt = Number.POSITIVE_INFINITY;
  };
  signal.addEventListener('abort', () => {
    disarm();
    wake();
  });

  return {
    wake,
    at(time) {
      if (time >= dueAt || signal.aborted) return;
      clearTimeout(timer);
      dueAt = time;
      timer = setTimeout(
        () => {
          disarm();
          wake();
        },
        Math.max(0, time - Date.now()) + 1,
      );
    },
    async next() {
      if (!isAwake && !signal.aborted) await new Promise<void>((woken) => (resolve = woken));
      isAwake = false;
      resolve = undefined;
    },
  };
}
