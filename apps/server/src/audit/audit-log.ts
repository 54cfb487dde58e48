import type { Logger } from '@parley/process-kit';
import type { AuditInput } from '@parley/shared-models';
import type { AuditStore } from '@parley/store';
import { createTokenBucket } from '../websocket/token-bucket.ts';

/** Enters what happens outside of a transaction into the audit. */
export interface AuditLog {
  /** Resolves when it is entered. @throws ParleyError `store_unavailable` */
  enter(entry: AuditInput): Promise<void>;
  /**
   * Enters that somebody was refused, in the background. Of many at once some are only counted, in `details.more` of the
   * next one: who knocks without end must not fill the disk.
   */
  enterRefusal(entry: AuditInput): void;
  /** Waits for what is under way. */
  stop(): Promise<void>;
}

const REFUSALS_PER_SECOND = 5;

export function createAuditLog({ audit, logger }: { audit: AuditStore; logger: Logger }): AuditLog {
  const bucket = createTokenBucket(REFUSALS_PER_SECOND);
  const underWay = new Set<Promise<void>>();
  let left = 0;
  return {
    async enter(entry) {
      await audit.append(entry);
    },
    enterRefusal(entry) {
      if (bucket.take(performance.now()) > 0) {
        left += 1;
        return;
      }
      const counted = left === 0 ? entry : { ...entry, details: { ...entry.details, more: left } };
      left = 0;
      const entering: Promise<void> = audit
        .append(counted)
        .then(
          () => undefined,
          (err: unknown) =>
            logger.warn({ err, entry: counted }, 'a refusal could not be entered into the audit'),
        )
        .finally(() => underWay.delete(entering));
      underWay.add(entering);
    },
    async stop() {
      await Promise.all(underWay);
    },
  };
}
