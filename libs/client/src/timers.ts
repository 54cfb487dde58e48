/** Named timers that can be stopped together. */
export interface Timers {
  /** Calls `run` once after `ms`; a waiting timer of the same name is replaced. */
  set(name: string, ms: number, run: () => void): void;
  has(name: string): boolean;
  clear(name: string): void;
  clearAll(): void;
}

/** With a longer delay `setTimeout` fires at once. */
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
