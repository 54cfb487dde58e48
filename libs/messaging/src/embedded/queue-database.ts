import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { isBusy, makePrivateFile, openDatabase } from '@parley/sqlite';
import { reasonOf } from './failure-reason.ts';
import { MIGRATIONS } from './schema.ts';
import { unavailable } from './write-groups.ts';

/**
 * How long SQLite itself waits when another process is writing. Short, since nothing else in this process goes on
 * meanwhile: longer waits are left to timers, see write-groups.ts.
 */
const BUSY_TIMEOUT_MS = 1;

const LOG_LIMIT_BYTES = 16 * 1024 * 1024;

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
      return openDatabase(file, {
        migrations: MIGRATIONS,
        timeoutMs: BUSY_TIMEOUT_MS,
        logLimitBytes: LOG_LIMIT_BYTES,
      });
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt)
        throw unavailable(`${file}: ${reasonOf(error)}`, error);
    }
    await sleep(REOPEN_MS);
  }
}
