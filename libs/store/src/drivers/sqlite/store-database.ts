import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '@parley/sqlite';
import { migrationsOf } from '../../records/migrations.ts';
import { FIRST_MIGRATIONS } from './migrations.ts';

/**
 * How long SQLite itself waits, blocking this process, when another one is writing. Longer waits are spent off the
 * processor, see write-groups.ts.
 */
const BUSY_TIMEOUT_MS = 10;

/** For opening, when there is nothing else to do yet: another process may be bringing the file up to date. */
const OPENING_TIMEOUT_MS = 5_000;

const LOG_LIMIT_BYTES = 32 * 1024 * 1024;

const CACHE_KIB = 16 * 1024;

/** Opens or makes the file and brings it to the newest version. @throws SQLite's error */
export function openStoreDatabase(file: string): DatabaseSync {
  const database = openDatabase(file, {
    migrations: migrationsOf('sqlite', FIRST_MIGRATIONS),
    timeoutMs: OPENING_TIMEOUT_MS,
    logLimitBytes: LOG_LIMIT_BYTES,
    cacheKib: CACHE_KIB,
  });
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  // SQLite's own functions know the cases of ASCII letters only.
  database.function('contains', { deterministic: true }, (text, folded) =>
    String(text).toLowerCase().includes(String(folded)) ? 1 : 0,
  );
  return database;
}
