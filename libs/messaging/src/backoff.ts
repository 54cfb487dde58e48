export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
}

/** How long to wait after a lost or refused connection: a restart of RabbitMQ takes some seconds. */
export const RECONNECT: Backoff = { minMs: 100, maxMs: 5_000 };
/** How long to wait after RabbitMQ refused one message, or one consumer. */
export const RETRY: Backoff = { minMs: 50, maxMs: 2_000 };

/**
 * Exponential back-off with full jitter: a random time up to the bound, so that processes which lost their
 * connections together do not come back together.
 * @param failures in a row before this one
 */
export function fullJitter({ minMs, maxMs }: Backoff, failures: number): number {
  return Math.random() * Math.min(maxMs, minMs * 2 ** Math.min(failures, 30));
}
