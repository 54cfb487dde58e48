import { close, fdatasync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * Syncs a database's write-ahead log to the disk beside the event loop. A commit with `synchronous = NORMAL` has written
 * its frames and does not wait: once the log is synced, it is as durable as with FULL.
 */
export interface LogSync {
  /**
   * Resolves when no power cut can undo the commits made so far. Calls made while a sync is under way share the next
   * one. A sync that fails is tried again until it succeeds.
   * @throws Error as SQLite's own `SQLITE_IOERR_FSYNC`, once the log is closed
   */
  sync(): Promise<void>;
  /** Resolves, or rejects, when all syncs that were asked for have ended; undefined: no sync is under way. */
  pending(): Promise<void> | undefined;
  /** The last attempt has failed, and it is being tried again. */
  isFailing(): boolean;
  /**
   * Waits for the sync under way, two seconds at most: a disk may never answer. To be called before the database is closed.
   * Idempotent.
   */
  close(): Promise<void>;
}

const SQLITE_IOERR_FSYNC = 1034;
const RETRY_MS = { min: 10, max: 250 };
const FAREWELL_MS = 2000;

const syncData = promisify(fdatasync);
const closeFile = promisify(close);

/**
 * @param syncFile takes the open log. @default fdatasync
 * @param onFailure hears of each attempt that failed
 */
export function createLogSync(
  database: DatabaseSync,
  {
    syncFile = syncData,
    onFailure = () => {},
  }: { syncFile?: ((log: number) => Promise<void>) | undefined; onFailure?: (error: unknown) => void } = {},
): LogSync {
  const checkpoint = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)');
  /** SQLite takes its locks elsewhere, so that this descriptor is in nobody's way; and it keeps the file while it is open. */
  let log: number | undefined;
  let isFailing = false;
  const closing = new AbortController();
  /** For the calls since the sync under way began. */
  let next: PromiseWithResolvers<void> | undefined;
  let current: PromiseWithResolvers<void> | undefined;
  let working: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  const attempt = async (): Promise<void> => {
    const file = database.location();
    // A database in memory has no log.
    if (file === null) return;
    // After a failed sync the system may take unwritten data for written (see the PostgreSQL wiki, "Fsync Errors"),
    // and another sync reports nothing. So the frames go into the file itself.
    if (isFailing && checkpoint.get()?.busy !== 0) throw new Error('the log could not be written back');
    log ??= openSync(`${file}-wal`, 'r+');
    await syncFile(log);
  };

  const untilSynced = async (): Promise<void> => {
    for (let failures = 0; ; failures++) {
      try {
        closing.signal.throwIfAborted();
        await attempt();
        isFailing = false;
        return;
      } catch (error) {
        if (closing.signal.aborted) throw error;
        isFailing = true;
        onFailure(inputOutputError(error));
      }
      const ms = Math.min(RETRY_MS.max, RETRY_MS.min * 2 ** Math.min(failures, 10));
      // Ended by the closing: the next turn of the loop says so.
      await delay(ms, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };

  /** Never rejects: each waiting call is told. */
  const work = async (): Promise<void> => {
    while (next !== undefined) {
      const waiting = next;
      current = waiting;
      next = undefined;
      const error: unknown = await untilSynced().catch((thrown: unknown) => inputOutputError(thrown));
      current = undefined;
      if (error === undefined) waiting.resolve();
      else waiting.reject(error);
    }
    working = undefined;
  };

  const ask = (): PromiseWithResolvers<void> => {
    const asked = Promise.withResolvers<void>();
    // Somebody may ask and not wait for the answer.
    asked.promise.catch(() => undefined);
    // Begun a moment later, for all that is asked for meanwhile.
    working ??= Promise.resolve().then(work);
    return asked;
  };

  const end = async (): Promise<void> => {
    const patience = new AbortController();
    const late = delay(FAREWELL_MS, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([working, late]);
    patience.abort();
    closing.abort();
    // A call that the disk does not answer has the descriptor until the process ends.
    if (working === undefined && log !== undefined) await closeFile(log);
  };

  return {
    sync() {
      if (closed !== undefined) return Promise.reject(inputOutputError(new Error('it is closed')));
      next ??= ask();
      return next.promise;
    },
    pending: () => (next ?? current)?.promise,
    isFailing: () => isFailing,
    close() {
      closed ??= end();
      return closed;
    },
  };
}

function inputOutputError(cause: unknown): Error {
  const error = new Error('the write-ahead log could not be synced to the disk', { cause });
  return Object.assign(error, { errcode: SQLITE_IOERR_FSYNC });
}

/** Settles as the promise does, or rejects after `timeoutMs` while the promise goes on. */
export async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
