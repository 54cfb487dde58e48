import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import type { StoreLogger } from '../store-logger.ts';
import { unavailable } from '../unavailable.ts';
import { createPool, query, type Statement, withClient } from './connection.ts';
import { migrate } from './migrate.ts';
import { isLasting, isOutsideTrouble, isPassing, isTaken } from './postgres-errors.ts';

/** A PostgreSQL that may be away for a while. */
export interface Database {
  /** For the groups of writes: its connections are not shared with reads. */
  readonly writers: pg.Pool;
  /** Resolves when the tables are there. @throws ParleyError `store_unavailable` when that takes too long */
  ready(): Promise<void>;
  /** Runs a statement on its own, again while PostgreSQL is away. @throws ParleyError `store_unavailable` in the end */
  rows<Row extends pg.QueryResultRow>(statement: Statement, values: unknown[]): Promise<Row[]>;
  /**
   * Runs `work` in one transaction, again while PostgreSQL is away or another transaction was there first: it must not
   * have effects of its own. @throws ParleyError `store_unavailable` in the end; what `work` throws
   */
  transaction<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly databaseUrl: string;
  readonly logger: StoreLogger;
  /** How long a call is tried again while PostgreSQL is away, in milliseconds. */
  readonly timeoutMs: number;
  /** How long a statement may take, in milliseconds. */
  readonly statementTimeoutMs: number;
}

const READERS = 8;
const RETRY_MS = { min: 20, max: 500 };
const CONNECT_RETRY_MS = { min: 250, max: 5000 };

/**
 * Connects and brings the tables to the newest version. A PostgreSQL that is away does not make it fail: it goes on
 * trying.
 * @throws ParleyError `store_unavailable` when it is there, but refuses the user or has no such database
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { databaseUrl, logger, timeoutMs, statementTimeoutMs } = options;
  const settings = { databaseUrl, statementTimeoutMs };
  const writers = createPool({ ...settings, connections: 1 });
  const readers = createPool({ ...settings, connections: READERS });
  for (const pool of [writers, readers]) {
    // A connection that is lost while nobody uses it; the pool opens another one when it is asked.
    pool.on('error', (err) => logger.debug({ err }, 'an idle connection to PostgreSQL was lost'));
  }
  const closing = new AbortController();
  let isReady = false;

  const prepare = async (): Promise<void> => {
    await withClient(writers, migrate);
    isReady = true;
  };

  const endPools = async (): Promise<void> => {
    await Promise.all([writers.end(), readers.end()]);
  };

  const prepareInTheEnd = async (): Promise<void> => {
    for (let delay = CONNECT_RETRY_MS.min; !closing.signal.aborted; ) {
      await wait(delay, undefined, { signal: closing.signal });
      delay = Math.min(delay * 2, CONNECT_RETRY_MS.max);
      try {
        await prepare();
        logger.info({}, 'PostgreSQL is there');
        return;
      } catch (err) {
        logger.warn({ err }, 'PostgreSQL is not there yet; trying again');
      }
    }
  };

  let preparing: Promise<void> = Promise.resolve();
  try {
    await prepare();
  } catch (err) {
    if (isLasting(err)) {
      await endPools();
      throw err;
    }
    logger.warn({ err }, 'PostgreSQL is not there yet; trying again');
    preparing = prepareInTheEnd().catch((error: unknown) => {
      // The wait was ended by `close()`.
      if (!closing.signal.aborted) throw error;
    });
  }

  const ready = async (): Promise<void> => {
    if (isReady) return;
    // `close()` ends the wait, too.
    const patience = wait(timeoutMs, undefined, { signal: closing.signal }).catch(() => undefined);
    await Promise.race([preparing, patience]);
    if (!isReady) throw unavailable('PostgreSQL cannot be reached');
  };

  return {
    writers,
    ready,
    async transaction<T>(work: (client: pg.ClientBase) => Promise<T>) {
      if (closing.signal.aborted) throw unavailable('it is closed');
      const deadline = performance.now() + timeoutMs;
      for (let delay = RETRY_MS.min; ; delay = Math.min(delay * 2, RETRY_MS.max)) {
        try {
          await ready();
          return await withClient(readers, (client) => inTransaction(client, work));
        } catch (error) {
          const canRetry = isPassing(error) || isTaken(error);
          if (!canRetry || performance.now() + delay > deadline || closing.signal.aborted) throw error;
        }
        await wait(delay);
      }
    },
    async rows<Row extends pg.QueryResultRow>(statement: Statement, values: unknown[]) {
      if (closing.signal.aborted) throw unavailable('it is closed');
      const deadline = performance.now() + timeoutMs;
      for (let delay = RETRY_MS.min; ; delay = Math.min(delay * 2, RETRY_MS.max)) {
        try {
          await ready();
          return (await query<Row>(readers, statement, values)).rows;
        } catch (error) {
          if (!isPassing(error) || performance.now() + delay > deadline || closing.signal.aborted)
            throw error;
        }
        await wait(delay);
      }
    },
    async close() {
      closing.abort();
      await preparing;
      await endPools();
    },
  };
}

async function inTransaction<T>(
  client: pg.ClientBase,
  work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  try {
    await query(client, 'BEGIN');
    const result = await work(client);
    await query(client, 'COMMIT');
    return result;
  } catch (error) {
    if (!isOutsideTrouble(error)) await query(client, 'ROLLBACK');
    throw error;
  }
}
