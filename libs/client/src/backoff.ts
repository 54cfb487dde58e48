export interface BackoffOptions {
  /** The upper limit of the first wait; it doubles with each try. In milliseconds. */
  readonly minMs: number;
  /** The upper limit of all waits. In milliseconds. */
  readonly maxMs: number;
  /** From 0 to below 1. @default Math.random */
  readonly random?: () => number;
}

export interface Backoff {
  /** The wait before the next try, in whole milliseconds. */
  next(): number;
  /** A try succeeded: the next wait is short again. */
  reset(): void;
}

/**
 * Exponential back-off with full jitter: every wait is drawn evenly from 0 to the current limit, so that clients
 * which lost the same server at the same moment do not all come back at the same moment.
 */
export function createBackoff({ minMs, maxMs, random = Math.random }: BackoffOptions): Backoff {
  let tries = 0;
  return {
    next() {
      const limit = Math.min(maxMs, minMs * 2 ** tries);
      tries += 1;
      return Math.floor(random() * limit);
    },
    reset() {
      tries = 0;
    },
  };
}
