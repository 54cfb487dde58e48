import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StoreFixture } from '../conformance/store-fixture.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../src/drivers/sqlite/sqlite-store.ts';
import { silentLogger } from '../src/store-logger.ts';

/** A folder of its own for tests of the SQLite store. */
export interface SqliteFixture extends StoreFixture {
  readonly dataDir: string;
  openWith(options: Partial<SqliteStoreOptions>): ReturnType<typeof openSqliteStore>;
}

export async function createSqliteFixture(): Promise<SqliteFixture> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'parley-store-'));
  const openWith = (options: Partial<SqliteStoreOptions>) =>
    openSqliteStore({ dataDir, logger: silentLogger, ...options });
  return {
    dataDir,
    address: { dataDir },
    sql: async (statement) => {
      const database = new DatabaseSync(path.join(dataDir, 'parley.sqlite'), { timeout: 5000 });
      const rows = database.prepare(statement).all();
      database.close();
      return rows;
    },
    open: async () => openWith({}),
    openWith,
    remove: () => rm(dataDir, { recursive: true }),
  };
}
