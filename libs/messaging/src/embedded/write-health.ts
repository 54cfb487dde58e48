import type { BusLogger } from '../bus-options.ts';
import type { BusHealth } from '../message-bus.ts';
import { reasonOf } from './failure-reason.ts';

/** Whether the queue can be written to, judged by how the writes go. */
export interface WriteHealth {
  failed(error: unknown): void;
  succeeded(): void;
  closed(): void;
  current(): BusHealth;
  onChange(listener: (health: BusHealth) => void): () => void;
}

/** `down` once writes have failed for `downAfterMs` without one that succeeded; `up` with the next that does. */
export function createWriteHealth({
  downAfterMs,
  logger,
}: {
  downAfterMs: number;
  logger: BusLogger;
}): WriteHealth {
  const listeners = new Set<(health: BusHealth) => void>();
  let health: BusHealth = { state: 'up' };
  let failingSince: number | undefined;

  function change(next: BusHealth): void {
    health = next;
    for (const listener of [...listeners]) {
      try {
        listener(next);
      } catch (err) {
        logger.error({ err }, 'a listener to the health of the queue threw');
      }
    }
  }

  return {
    failed(error) {
      failingSince ??= performance.now();
      if (health.state === 'down' || performance.now() - failingSince < downAfterMs) return;
      const reason = reasonOf(error);
      logger.error({ err: error }, `queue is down: ${reason}`);
      change({ state: 'down', reason });
    },
    succeeded() {
      failingSince = undefined;
      if (health.state === 'up') return;
      logger.info({}, 'queue is up again');
      change({ state: 'up' });
    },
    closed: () => change({ state: 'down', reason: 'it is closed' }),
    current: () => health,
    onChange(listener) {
      // Wrapped, so that the same function given twice is called twice and each end ends one.
      const entry = (next: BusHealth): void => listener(next);
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
  };
}
