import { setTimeout as delay } from 'node:timers/promises';
import { ParleyError } from '@parley/shared-models';
import type { BusLogger } from './bus-options.ts';

export interface RetryOptions {
  /** Ends the retries: the process is going down. */
  readonly signal: AbortSignal;
  readonly logger: BusLogger;
  /** Between two tries, in milliseconds. @default 1000 */
  readonly pauseMs?: number;
}

/**
 * Does idempotent work again for as long as the queue or the store is away. That says nothing about the message in hand:
 * returned to its queue, a long outage would wear out its deliveries and make it a dead letter.
 * @throws the work's error for any other reason, and any error once the signal was given
 */
export async function retryWhileUnavailable<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, logger, pauseMs = 1000 } = options;
  for (let failures = 0; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (!isUnavailable(error) || signal.aborted) throw error;
      if (failures === 0)
        logger.warn({ err: error }, 'the queue or the store is away: holding the messages in hand');
      await pause(pauseMs, signal);
    }
  }
}

export function isUnavailable(error: unknown): boolean {
  return (
    error instanceof ParleyError && (error.code === 'bus_unavailable' || error.code === 'store_unavailable')
  );
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
