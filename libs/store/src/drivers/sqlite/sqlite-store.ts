import path from 'node:path';
import {
  createLogSync,
  isBusy,
  makePrivateFile,
  outsideTrouble,
  type Prepare,
  preparing,
  within,
} from '@parley/sqlite';
import { checking } from '../../checking.ts';
import { createRecords } from '../../records/create-records.ts';
import type { Database } from '../../records/database.ts';
import { applyEvent, countUnanswered, markPublished, urgencyOf } from '../../requests/apply-event.ts';
import type { Store } from '../../store.ts';
import type { StoreLogger } from '../../store-logger.ts';
import { unavailable } from '../../unavailable.ts';
import { createWriteGroups } from '../../write-groups.ts';
import { createCommit } from './commit-group.ts';
import { createDialect, createRunner } from './dialect.ts';
import { createRequestRows } from './request-rows.ts';
import { createSqliteSearch } from './search.ts';
import { openStoreDatabase } from './store-database.ts';

export interface SqliteStoreOptions {
  /** Folder of the file `parley.sqlite`; made if it is not there. */
  readonly dataDir: string;
  readonly logger: StoreLogger;
  /** How long a write waits for another process that holds the file, in milliseconds. @default 5000 */
  readonly writeTimeoutMs?: number;
  /** Pages of 4 KiB that the file may have at most; more is like a full disk. @default as many as the disk holds */
  readonly maxPages?: number;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** Brings the open log to the disk. @default fdatasync */
  readonly syncLog?: (log: number) => Promise<void>;
}

const GROUP_WRITES = 500;

/** Opens the store in one SQLite file. @throws ParleyError `store_unavailable` */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const { dataDir, logger, writeTimeoutMs = 5000, maxPages, now = Date.now, syncLog } = options;
  const database = open(dataDir);
  if (maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${maxPages}`);

  const prepare = preparing(database);
  const log = createLogSync(database, {
    syncFile: syncLog,
    onFailure: (err) => logger.warn({ err }, 'the store cannot be brought to the disk; trying again'),
  });
  // For commits that a killed process has left in the log. Reads wait for it.
  log.sync().catch(() => undefined);
  const onDisk = (synced: Promise<void>): Promise<void> =>
    within(writeTimeoutMs, synced).catch((error: unknown) => {
      throw unavailable('the disk does not answer', error);
    });
  const commit = createCommit(database, createRequestRows(prepare, now));
  const pages = prepare.one<{ size: number }>(`
    SELECT (page_count - freelist_count) * page_size AS size
    FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()`);
  const changesSoFar = prepare.one<{ changes: number }>('SELECT total_changes() AS changes');
  const groups = createWriteGroups({
    commit(writes, isDurable) {
      const before = changesSoFar()?.changes;
      const outcomes = commit(writes);
      if (!isDurable) return outcomes;
      // Where nothing was changed, the answer may still tell of a change made a moment before.
      const synced = changesSoFar()?.changes === before ? log.pending() : log.sync();
      return synced === undefined ? outcomes : onDisk(synced).then(() => outcomes);
    },
    isPassing: isBusy,
    portError,
    logger,
    timeoutMs: writeTimeoutMs,
    limit: GROUP_WRITES,
  });
  const read = async <T>(run: () => T | Promise<T>): Promise<T> => {
    try {
      if (database.isOpen) {
        const found = await run();
        // A change that a power cut may still undo is shown to nobody.
        const synced = log.pending();
        if (synced !== undefined) await onDisk(synced);
        return found;
      }
    } catch (error) {
      if (database.isOpen) throw portError(error);
    }
    throw unavailable('it is closed');
  };

  const runner = createRunner(database, now);
  const search = createSqliteSearch(prepare);
  const write = (run: () => void): Promise<void> => groups.add({ keys: {}, run });

  const writeWork: Database['write'] = (work, { urgency, changesRequests = false } = {}) =>
    groups.add({ keys: {}, run: () => runner.work(work()), isDirect: changesRequests }, urgency);

  return {
    kind: 'sqlite',
    apply: (event) => groups.add(applyEvent(event), urgencyOf(event)),
    markPublished: (published) => groups.add(markPublished(published), 'lazy'),
    countUnanswered: (counts) => groups.add(countUnanswered(counts), 'lazy'),
    ...createRecords({
      ...createDialect(),
      read: (work) => read(() => runner.work(work())),
      write: writeWork,
      // The groups let them share a transaction as it is.
      serially: (work) => async (input) => (await writeWork(() => work([input])))[0] as never,
      change: (statement, { urgency, changesRequests = false } = {}) =>
        groups.add({ keys: {}, run: () => runner.one(statement), isDirect: changesRequests }, urgency),
      search: (ownerId, words, limit) => read(() => search(ownerId, words, limit)),
      size: () => read(() => pages()?.size ?? 0),
      clock: now,
    }),

    check: checking(createRoomProbe(prepare, write), () => database.isOpen),
    async close() {
      await groups.close();
      await log.close();
      if (database.isOpen) database.close();
    },
  };
}

function open(dataDir: string): ReturnType<typeof openStoreDatabase> {
  const file = path.join(dataDir, 'parley.sqlite');
  try {
    makePrivateFile(file);
  } catch (error) {
    throw unavailable(`${file}: ${(error as Error).message}`, error);
  }
  try {
    return openStoreDatabase(file);
  } catch (error) {
    throw portError(error);
  }
}

const PROBE_BYTES = 64 * 1024;

/** Finds out whether the file can be written to and can grow, by doing both. */
function createRoomProbe(prepare: Prepare, write: (apply: () => void) => Promise<void>): () => Promise<void> {
  const fill = prepare.change('INSERT INTO room_probe (filling) VALUES (zeroblob(?))');
  const empty = prepare.change('DELETE FROM room_probe');
  return async () => {
    await write(() => {
      fill(PROBE_BYTES);
    });
    await write(() => {
      empty();
    });
  };
}

/** The error as the port promises it: outside trouble as `store_unavailable`, anything else as it is. */
function portError(error: unknown): unknown {
  const reason = outsideTrouble(error);
  return reason === undefined ? error : unavailable(reason, error);
}
