/** How the browser runs something before its next frame, and takes it back. */
export interface FrameClock {
  request(run: () => void): number;
  cancel(handle: number): void;
}

export interface FrameBatch<T> {
  add(item: T): void;
  /** Hands on what waits, now. */
  flush(): void;
  stop(): void;
}

export const browserFrames: FrameClock = {
  request: (run) => requestAnimationFrame(run),
  cancel: (handle) => cancelAnimationFrame(handle),
};

/** Collects what comes within one frame of the display, since drawing more often shows nobody more. */
export function createFrameBatch<T>(
  clock: FrameClock,
  onItems: (items: readonly T[]) => void,
): FrameBatch<T> {
  let waiting: T[] = [];
  let handle: number | undefined;

  function flush(): void {
    if (handle !== undefined) clock.cancel(handle);
    handle = undefined;
    if (waiting.length === 0) return;
    const items = waiting;
    waiting = [];
    onItems(items);
  }

  return {
    add(item) {
      waiting.push(item);
      handle ??= clock.request(flush);
    },
    flush,
    stop() {
      if (handle !== undefined) clock.cancel(handle);
      handle = undefined;
      waiting = [];
    },
  };
}
