/** Timers by name, with one owner that can stop them all. */
export interface Timers {
  /** Runs `run` once after `ms`; a timer of that name that is still waiting is replaced. */
  set(name: string, ms: number, run: () => void): void;
  has(name: string): boolean;
  clear(name: string): void;
  clearAll(): void;
}

/** Longer than this, and `setTimeout` fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

export function createTimers(): Timers {
  const waiting = new Map<string, ReturnType<typeof setTimeout>>();

  function clear(name: string): void {
    const timer = waiting.get(name);
    if (timer === undefined) return;
    clearTimeout(timer);
    waiting.delete(name);
  }

  return {
    set(name, ms, run) {
      clear(name);
      const timer = setTimeout(
        () => {
          waiting.delete(name);
          run();
        },
        Math.min(ms, LONGEST_MS),
      );
      waiting.set(name, timer);
    },
    has: (name) => waiting.has(name),
    clear,
    clearAll() {
      for (const timer of waiting.values()) clearTimeout(timer);
      waiting.clear();
    },
  };
}
