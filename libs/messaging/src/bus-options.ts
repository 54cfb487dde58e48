/** The log for an operator. A pino logger is one. */
export interface BusLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The options of all drivers. Times in milliseconds. */
export interface BusOptions {
  readonly logger: BusLogger;
  /**
   * How long a publish waits for a queue that is away, blocked or full before it fails with `bus_unavailable`.
   * @default 30_000
   */
  readonly publishTimeoutMs?: number;
  /**
   * A message whose handler failed is handed out again after `minMs`, twice that after the next failure, and so on
   * up to `maxMs`.
   * @default { minMs: 100, maxMs: 10_000 }
   */
  readonly retryDelay?: RetryDelay;
}

export interface RetryDelay {
  readonly minMs: number;
  readonly maxMs: number;
}

export const DEFAULT_PUBLISH_TIMEOUT_MS = 30_000;
export const DEFAULT_RETRY_DELAY: RetryDelay = { minMs: 100, maxMs: 10_000 };

/** The delay before a message that failed `failures` times before this one is handed out again. */
export function retryDelayOf({ minMs, maxMs }: RetryDelay, failures: number): number {
  return Math.min(maxMs, minMs * 2 ** Math.min(failures, 30));
}
