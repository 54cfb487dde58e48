import { setTimeout as wait } from 'node:timers/promises';
import type { CompiledQuery } from 'kysely';
import type pg from 'pg';
import type { Database, Work } from '../../records/database.ts';
import type { StoreLogger } from '../../store-logger.ts';
import { unavailable } from '../../unavailable.ts';
import { migrate } from './migrate.ts';
import { createPool, query, type Statement, withClient } from './postgres-connection.ts';
import { isLasting, isOutsideTrouble, isPassing, isTaken } from './postgres-errors.ts';

/** A PostgreSQL that may be away for a while. */
export interface Connections extends Pick<Database, 'read' | 'write' | 'change' | 'size'> {
  /** For the groups of writes: its connections are not shared with reads. */
  readonly writers: pg.Pool;
  /** Resolves when the tables are there. @throws ParleyError `store_unavailable` when that takes too long */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export interface ConnectionsOptions {
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
export async function openConnections(options: ConnectionsOptions): Promise<Connections> {
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

  /** Again while PostgreSQL is away or, in a transaction, another one was there first. */
  const persistently = async <T>(attempt: () => Promise<T>): Promise<T> => {
    if (closing.signal.aborted) throw unavailable('it is closed');
    const deadline = performance.now() + timeoutMs;
    for (let delay = RETRY_MS.min; ; delay = Math.min(delay * 2, RETRY_MS.max)) {
      try {
        await ready();
        return await attempt();
      } catch (error) {
        const isOver = performance.now() + delay > deadline || closing.signal.aborted;
        // Of those that make the same row, one has got on.
        if (isTaken(error) && isOver) throw unavailable('many others make the same row', error);
        if (isTaken(error)) continue;
        if (isOver || !isPassing(error)) throw error;
      }
      await wait(delay);
    }
  };

  return {
    writers,
    ready,
    read: (work) => persistently(() => runWork(readers, work())),
    write: (work) =>
      persistently(() =>
        withClient(readers, (client) => inTransaction(client, () => runWork(client, work()))),
      ),
    change: (statement) => persistently(() => rowsOf(readers, statement)),
    size: () =>
      persistently(() =>
        withClient(readers, (client) =>
          inTransaction(client, async () => {
            await query(client, 'SET LOCAL statement_timeout = 0');
            const { rows } = await query<{ size: number }>(client, SIZE_OF_TEXTS);
            return rows[0]?.size ?? 0;
          }),
        ),
      ),
    async close() {
      closing.abort();
      await preparing;
      await endPools();
    },
  };
}

/** Runs work to its end, waiting for each answer. */
async function runWork<T>(on: pg.Pool | pg.ClientBase, work: Work<T>): Promise<T> {
  let step = work.next([]);
  while (step.done !== true) {
    step = work.next(await Promise.all(step.value.map((statement) => rowsOf(on, statement))));
  }
  return step.value;
}

async function inTransaction<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  try {
    // The work's first statements follow without waiting for the answer.
    const [, result] = await Promise.all([query(client, 'BEGIN'), work()]);
    await query(client, 'COMMIT');
    return result;
  } catch (error) {
    if (!isOutsideTrouble(error)) await query(client, 'ROLLBACK');
    throw error;
  }
}

/** Files do not become smaller when rows go: only the texts in them count. */
const SIZE_OF_TEXTS: Statement = {
  name: 'size-of-texts',
  text: `
    SELECT (
      (SELECT coalesce(sum(octet_length(text)), 0) FROM messages) +
      (SELECT coalesce(sum(octet_length(event::text)), 0) FROM events) +
      (SELECT coalesce(sum(output_bytes + octet_length(record)), 0) FROM commands) +
      (SELECT coalesce(sum(octet_length(document)), 0) FROM tasks)
    )::float8 AS size`,
};

const names = new Map<string, string>();

/** Each text has a name of its own, under which every connection prepares it once. */
async function rowsOf<Row>(
  on: pg.Pool | pg.ClientBase,
  { sql: text, parameters }: CompiledQuery<Row>,
): Promise<Row[]> {
  const name = names.get(text) ?? `statement-${names.size}`;
  names.set(text, name);
  const { rows } = await query<Row & pg.QueryResultRow>(on, { name, text }, [...parameters]);
  return rows;
}
