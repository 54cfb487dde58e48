import { DatabaseSync } from 'node:sqlite';
import { MIGRATIONS } from './migrations.ts';

/**
 * How long SQLite itself waits, blocking this process, when another one is writing. Longer waits are spent off the
 * processor, see write-groups.ts.
 */
const BUSY_TIMEOUT_MS = 10;

/** For opening, when there is nothing else to do yet: another process may be bringing the file up to date. */
const OPENING_TIMEOUT_MS = 5_000;

/** Left behind by a burst, the write-ahead log is cut back to this size. */
const LOG_SIZE_LIMIT_BYTES = 32 * 1024 * 1024;

const CACHE_KIB = 16 * 1024;

/** Opens or makes the file and brings it to the newest version. @throws SQLite's error */
export function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: OPENING_TIMEOUT_MS, enableForeignKeyConstraints: true });
  try {
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA journal_size_limit = ${LOG_SIZE_LIMIT_BYTES};
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -${CACHE_KIB};`);
    migrate(database, file);
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    // SQLite's own functions know the cases of ASCII letters only.
    database.function('contains', { deterministic: true }, (text, folded) =>
      String(text).toLowerCase().includes(String(folded)) ? 1 : 0,
    );
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
