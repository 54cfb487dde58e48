/** Schedules a callback before the browser's next frame, and cancels it. */
export interface FrameClock {
  request(run: () => void): number;
  cancel(handle: number): void;
}

export interface FrameBatch<T> {
  add(item: T): void;
  /** Passes the collected items on now. */
  flush(): void;
  stop(): void;
}

export const browserFrames: FrameClock = {
  request: (run) => requestAnimationFrame(run),
  cancel: (handle) => cancelAnimationFrame(handle),
};

/** Collects the items of one frame of the display, since rendering more often has no visible effect. */
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
