import { close, fdatasync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';

/**
 * Syncs a database's write-ahead log to the disk beside the event loop. A commit with `synchronous = NORMAL` has written
 * its frames and does not wait: once the log is synced, it is as durable as with FULL.
 */
export interface LogSync {
  /**
   * Resolves when everything that is committed now cannot be undone by a power cut. Calls made while a sync is under way
   * share the next one.
   * @throws an error as SQLite's own, `SQLITE_IOERR_FSYNC`; the commits are in the file, and whether a power cut undoes them
   *   is not known
   */
  sync(): Promise<void>;
  /** The sync that is under way or about to begin; undefined: all that had to be on the disk is there. */
  pending(): Promise<void> | undefined;
  /** Waits for the sync under way. To be called before the database is closed. */
  close(): Promise<void>;
}

const SQLITE_IOERR_FSYNC = 1034;

const inputOutputError = (cause?: unknown): Error =>
  Object.assign(new Error('the write-ahead log could not be synced to the disk', { cause }), {
    errcode: SQLITE_IOERR_FSYNC,
  });

const syncData = promisify(fdatasync);

/** @param syncFile takes the open log */
export function createLogSync(
  database: DatabaseSync,
  syncFile: (log: number) => Promise<void> = syncData,
): LogSync {
  const checkpoint = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)');
  /** SQLite takes its locks elsewhere, so that this descriptor is in nobody's way; and it keeps the file while it is open. */
  let log: number | undefined;
  let isSuspect = false;
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    if (isSuspect) makeGood();
    const file = database.location();
    // A database in memory has no log.
    if (file === null) return;
    log ??= openSync(`${file}-wal`, 'r+');
    try {
      await syncFile(log);
    } catch (error) {
      isSuspect = true;
      throw inputOutputError(error);
    }
  };

  /**
   * After a failed sync the system may take for written what is not (see the PostgreSQL wiki, "Fsync Errors"), so that
   * another one says nothing. The frames go into the file itself instead.
   */
  const makeGood = (): void => {
    const result = checkpoint.get();
    if (result?.busy !== 0) throw inputOutputError();
    isSuspect = false;
  };

  const begin = (): Promise<void> => {
    next = undefined;
    const running = run().finally(() => {
      if (current === running) current = undefined;
    });
    current = running;
    return running;
  };

  return {
    sync() {
      // Begun a moment later, for all that is asked for meanwhile.
      next ??= (current ?? Promise.resolve()).then(begin, begin);
      return next;
    },
    pending: () => next ?? current,
    async close() {
      await (next ?? current)?.catch(() => undefined);
      if (log === undefined) return;
      const open = log;
      log = undefined;
      await promisify(close)(open);
    },
  };
}
