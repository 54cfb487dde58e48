import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@parley/process-kit';
import { REMOVABLE, type Removable, type RetentionStore } from '@parley/store';

export interface RetentionSettings {
  readonly RETENTION_DAYS: number | 'off';
  readonly RETENTION_BYTES: number | 'off';
  readonly RETENTION_INTERVAL_MS: number;
}

export type Removed = Readonly<Record<Removable, number>>;

const DAY_MS = 86_400_000;
/** Looked at in one transaction. */
const PAGE = 200;
/** Between two transactions, for other writers, in milliseconds. */
const REST_MS = 10;
/** The first sweep after a start, at the latest. */
const FIRST_MS = 60_000;
/** Where the store is too large, rows unchanged for so many days go, then those unchanged for fewer, until it fits. */
const AGES_DAYS = [730, 365, 180, 90, 60, 30, 14, 7, 3, 1, 1 / 24] as const;

/** Removes old rows, and the oldest where the store is too large, at each interval. */
export function startRetention(
  settings: RetentionSettings,
  { retention, logger }: { retention: RetentionStore; logger: Logger },
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const sweepForEver = async (): Promise<void> => {
    let waitMs = Math.min(FIRST_MS, settings.RETENTION_INTERVAL_MS);
    for (;;) {
      await delay(waitMs, undefined, { signal });
      waitMs = settings.RETENTION_INTERVAL_MS;
      try {
        const removed = await sweep(settings, retention, signal);
        if (Object.values(removed).some((count) => count > 0))
          logger.info({ removed }, 'old data was removed');
      } catch (err) {
        if (!signal.aborted) logger.warn({ err }, 'old data could not be removed; it is tried again');
      }
    }
  };
  const ended = sweepForEver().catch((err: unknown) => {
    if (!signal.aborted) logger.error({ err }, 'old data is removed no longer');
  });
  return {
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

/** One sweep. @throws ParleyError `store_unavailable`; AbortError when it is to stop */
export async function sweep(
  { RETENTION_DAYS: days, RETENTION_BYTES: bytes }: RetentionSettings,
  retention: RetentionStore,
  signal: AbortSignal,
): Promise<Removed> {
  const now = Date.now();
  const counts: Record<Removable, number> = { events: 0, commands: 0, tasks: 0, conversations: 0 };
  let freed = 0;

  /** Removes rows older than that, until `enough` bytes are free. */
  const removeBefore = async (before: number, enough: number): Promise<void> => {
    for (const what of REMOVABLE) {
      let after: string | undefined;
      do {
        if (freed >= enough) return;
        const page = await retention.remove(what, { before, limit: PAGE, after });
        counts[what] += page.removed;
        freed += page.bytes;
        after = page.next;
        await delay(REST_MS, undefined, { signal });
      } while (after !== undefined);
    }
  };

  await retention.removeUsage(now);
  if (days !== 'off') await removeBefore(now - days * DAY_MS, Number.POSITIVE_INFINITY);
  if (bytes === 'off') return counts;
  const excess = (await retention.size()) - bytes;
  freed = 0;
  for (const age of AGES_DAYS) if (freed < excess) await removeBefore(now - age * DAY_MS, excess);
  return counts;
}
