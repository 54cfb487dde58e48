import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { isBusy, makePrivateFile, openDatabase } from '@parley/sqlite';
import type { BusLogger } from '../bus-options.ts';
import { reasonOf } from './failure-reason.ts';
import { MIGRATIONS } from './schema.ts';
import { unavailable } from './write-groups.ts';

/** How long SQLite itself waits for another process. Short, since nothing else in this process goes on meanwhile. */
const BUSY_TIMEOUT_MS = 1;

const LOG_LIMIT_BYTES = 16 * 1024 * 1024;

const REOPEN_MS = 20;

const TAKEN =
  'another process has this file; one server owns the queue of a DATA_DIR, and several share a RabbitMQ (set AMQP_URL)';

/**
 * Opens `queue.sqlite` in the folder for this process alone, or makes both, and brings the file to the newest version.
 * @param timeoutMs how long to wait for another process that has the file, as a server has that is just going down
 * @throws ParleyError `bus_unavailable`
 */
export async function openQueueDatabase(
  dataDir: string,
  timeoutMs: number,
  logger: BusLogger,
): Promise<DatabaseSync> {
  const giveUpAt = performance.now() + timeoutMs;
  const file = path.join(dataDir, 'queue.sqlite');
  for (let isFirst = true; ; isFirst = false) {
    try {
      makePrivateFile(file);
      return openDatabase(file, {
        migrations: MIGRATIONS,
        timeoutMs: BUSY_TIMEOUT_MS,
        logLimitBytes: LOG_LIMIT_BYTES,
        isExclusive: true,
      });
    } catch (error) {
      const isTaken = isBusy(error);
      if (!isTaken || performance.now() > giveUpAt)
        throw unavailable(`${file}: ${isTaken ? TAKEN : reasonOf(error)}`, error);
      if (isFirst) logger.warn({ file, timeoutMs }, `waiting for the queue's file: ${TAKEN}`);
    }
    await sleep(REOPEN_MS);
  }
}
