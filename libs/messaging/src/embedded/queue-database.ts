import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { makePrivateFile } from './private-file.ts';
import { MIGRATIONS } from './schema.ts';
import { isBusy, reasonOf } from './sqlite-errors.ts';
import { unavailable } from './write-groups.ts';

/**
 * How long SQLite itself waits when another process is writing. Short, since nothing else in this process goes on
 * meanwhile: longer waits are left to timers, see write-groups.ts.
 */
const BUSY_TIMEOUT_MS = 1;

/** Left behind by a burst, the write-ahead log is cut back to this size. */
const LOG_SIZE_LIMIT_BYTES = 16 * 1024 * 1024;

const REOPEN_MS = 20;

/**
 * Opens `queue.sqlite` in the folder, or makes both, and brings the file to the newest version.
 * @param timeoutMs how long to wait for a process that holds the file
 * @throws ParleyError `bus_unavailable`
 */
export async function openQueueDatabase(dataDir: string, timeoutMs: number): Promise<DatabaseSync> {
  const giveUpAt = performance.now() + timeoutMs;
  const file = path.join(dataDir, 'queue.sqlite');
  for (;;) {
    try {
      makePrivateFile(file);
      return open(file);
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt)
        throw unavailable(`${file}: ${reasonOf(error)}`, error);
    }
    await sleep(REOPEN_MS);
  }
}

function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec('PRAGMA journal_mode = WAL');
    database.exec(`PRAGMA journal_size_limit = ${LOG_SIZE_LIMIT_BYTES}`);
    database.exec('PRAGMA synchronous = FULL');
    migrate(database, file);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function migrate(database: DatabaseSync, file: string): void {
  if (versionOf(database) === MIGRATIONS.length) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    const version = versionOf(database);
    if (version > MIGRATIONS.length) {
      throw new Error(`${file} has version ${version}; this Parley knows up to ${MIGRATIONS.length}`);
    }
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version);
}
