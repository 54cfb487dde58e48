import { setImmediate as nextTurn } from 'node:timers/promises';

/** Notices when the process does nothing for a while: a handler computes without an `await`, or the process was suspended. */
interface LoopWatch {
  /** Looks now: a delay is reported before it is forgotten which handler caused it. */
  look(): void;
  /** When the process last went on after it had stood still, in milliseconds since 1970; 0 when it never has. */
  wentOnAt(): number;
  stop(): void;
}

const TICK_MS = 500;

/**
 * @param options.longMs from how long on it counts, in milliseconds. @default 3000
 * @param options.onStall called once for each time, as soon as the process goes on
 */
export function watchLoop(options: { readonly longMs?: number; onStall(stoodMs: number): void }): LoopWatch {
  const { longMs = 3000 } = options;
  let tickedAt = performance.now();
  let wentOnAt = 0;

  const look = (): void => {
    const now = performance.now();
    const stoodMs = now - tickedAt;
    tickedAt = now;
    if (stoodMs < longMs) return;
    wentOnAt = Date.now();
    options.onStall(stoodMs);
  };
  const timer = setInterval(look, Math.min(TICK_MS, longMs / 2));
  return {
    look,
    wentOnAt() {
      // Data that came over a socket meanwhile is handled before the timers are.
      look();
      return wentOnAt;
    },
    stop: () => clearInterval(timer),
  };
}

/** Code that never waits keeps the process from everything else: it is interrupted so often, in milliseconds. */
const TURN_MS = 20;

/** Lets the event loop run the work that is due, such as heartbeats and stops, when the caller has kept it for a while. */
export function createGiveWay(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < TURN_MS) return;
    await nextTurn();
    since = performance.now();
  };
}
