import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { isBusy } from './sqlite-errors.ts';

/**
 * Makes the file, and its folder, if they are not there, for this user alone: messages and keys lie in it. SQLite
 * gives the files that it puts beside it the same permissions. @throws the file system's error
 */
export function makePrivateFile(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
}

export interface DatabaseOptions {
  /** Each brings the file from the version of its index to the next; `user_version` counts those that were done. */
  readonly migrations: readonly string[];
  /**
   * How long each step of opening, and later each statement, waits while another process holds the file, in milliseconds.
   * It blocks this one.
   */
  readonly timeoutMs: number;
  /** Left behind by a burst, the write-ahead log is cut back to this size. */
  readonly logLimitBytes: number;
  /** Memory for pages of the file. @default SQLite's own, 2,000 KiB */
  readonly cacheKib?: number;
  /** Whether this process has the file alone for as long as it is open. @default false */
  readonly isExclusive?: boolean;
}

/**
 * Opens or makes the file and brings it to the newest version. A commit outlives this process; one that has to
 * outlive a power cut too is synced, see log-sync.ts.
 * @throws SQLite's error; an Error when a later Parley has written the file
 */
export function openDatabase(file: string, options: DatabaseOptions): DatabaseSync {
  const { migrations, timeoutMs, logLimitBytes, cacheKib, isExclusive = false } = options;
  const database = new DatabaseSync(file, { timeout: timeoutMs, enableForeignKeyConstraints: true });
  try {
    // Before the first access to the log, so that SQLite needs no shared memory for it (https://sqlite.org/wal.html, section 8).
    if (isExclusive) database.exec('PRAGMA locking_mode = EXCLUSIVE');
    switchToWal(database, timeoutMs);
    database.exec(`PRAGMA journal_size_limit = ${logLimitBytes}`);
    // Negative: KiB, not pages.
    if (cacheKib !== undefined) database.exec(`PRAGMA cache_size = -${cacheKib}`);
    database.exec('PRAGMA synchronous = FULL');
    migrate(database, migrations, file);
    database.exec('PRAGMA synchronous = NORMAL');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

const RETRY_MS = 5;

/** SQLite itself does not wait when several make the same new file at once: each holds a lock that another one needs. */
function switchToWal(database: DatabaseSync, timeoutMs: number): void {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= giveUpAt) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
  }
}

function migrate(database: DatabaseSync, migrations: readonly string[], file: string): void {
  if (versionOf(database) === migrations.length) return;
  createTransactions(database).run(() => {
    // Again: another process may have been faster.
    const version = versionOf(database);
    if (version > migrations.length) {
      throw new Error(`${file} has version ${version}; this Parley knows up to ${migrations.length}`);
    }
    for (const migration of migrations.slice(version)) database.exec(migration);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version);
}

export interface Transactions {
  /** Runs `body` between BEGIN IMMEDIATE and COMMIT, or ROLLBACK when it throws. */
  run<T>(body: () => T): T;
}

export function createTransactions(database: DatabaseSync): Transactions {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const rollback = database.prepare('ROLLBACK');

  return {
    run(body) {
      begin.run();
      try {
        const result = body();
        commit.run();
        return result;
      } catch (error) {
        // A full disk and the like have rolled back already.
        if (database.isTransaction) rollback.run();
        throw error;
      }
    },
  };
}

type Value = SQLInputValue;

/**
 * Statements prepared once; each returns plain rows, or the number of rows that it changed. SQLite tells no types: that
 * a row has those that are named is for the statement to see to.
 */
export interface Prepare {
  one<Row>(sql: string): (...values: Value[]) => Row | undefined;
  all<Row>(sql: string): (...values: Value[]) => Row[];
  change(sql: string): (...values: Value[]) => number;
}

export function preparing(database: DatabaseSync): Prepare {
  return {
    one<Row>(sql: string) {
      const statement = database.prepare(sql);
      return (...values: Value[]) => statement.get(...values) as Row | undefined;
    },
    all<Row>(sql: string) {
      const statement = database.prepare(sql);
      return (...values: Value[]) => statement.all(...values) as Row[];
    },
    change(sql) {
      const statement = database.prepare(sql);
      return (...values) => Number(statement.run(...values).changes);
    },
  };
}
