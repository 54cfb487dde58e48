import type { Logger } from '@parley/process-kit';
import type { AuditInput } from '@parley/shared-models';
import type { AuditStore } from '@parley/store';
import { createRefusalBuckets } from './refusal-buckets.ts';

/** Enters events outside of a transaction into the audit. */
export interface AuditLog {
  /** Resolves when it is entered. @throws ParleyError `store_unavailable` */
  enter(entry: AuditInput): Promise<void>;
  /** Enters that somebody was refused, in the background. Of many at once some are only counted: see `RefusalBuckets`. */
  enterRefusal(entry: AuditInput): void;
  /** Enters the refusals that were only counted, and waits for the entries under way. */
  stop(): Promise<void>;
}

/** So long at most a refusal is only counted before the audit says how many there were. */
const FLUSH_MS = 60_000;

export function createAuditLog({ audit, logger }: { audit: AuditStore; logger: Logger }): AuditLog {
  const buckets = createRefusalBuckets();
  const underWay = new Set<Promise<void>>();

  const enterAll = (entries: readonly AuditInput[]): void => {
    for (const entry of entries) {
      const entering: Promise<void> = audit
        .append(entry)
        .then(
          () => undefined,
          (err: unknown) => logger.warn({ err, entry }, 'a refusal could not be entered into the audit'),
        )
        .finally(() => underWay.delete(entering));
      underWay.add(entering);
    }
  };
  const flushing = setInterval(() => enterAll(buckets.flush()), FLUSH_MS);

  return {
    async enter(entry) {
      await audit.append(entry);
    },
    enterRefusal(entry) {
      enterAll(buckets.add(entry, performance.now()));
    },
    async stop() {
      clearInterval(flushing);
      enterAll(buckets.flush());
      await Promise.all(underWay);
    },
  };
}
