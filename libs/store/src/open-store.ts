import type { Store } from './store.ts';
import { type StoreLogger, silentLogger } from './store-logger.ts';

export interface OpenStoreOptions {
  /** `postgresql://user:password@host:port/database`. Without it, the SQLite file in `dataDir` is used. */
  readonly databaseUrl?: string | undefined;
  /** Folder of the SQLite file; made if it is not there. */
  readonly dataDir: string;
  /** @default nothing is reported */
  readonly logger?: StoreLogger;
}

/**
 * Opens the store and brings its tables to the newest version. A PostgreSQL that is away does not make it fail: calls
 * then throw `store_unavailable` until it is there.
 * @throws ParleyError `store_unavailable` when the file cannot be opened or is damaged; when PostgreSQL is there, but
 *   refuses the user or has no such database
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { databaseUrl, dataDir, logger = silentLogger } = options;
  // Each process loads the one driver that it uses.
  if (databaseUrl === undefined) {
    const { openSqliteStore } = await import('./drivers/sqlite/sqlite-store.ts');
    return openSqliteStore({ dataDir, logger });
  }
  const { openPostgresStore } = await import('./drivers/postgres/postgres-store.ts');
  return openPostgresStore({ databaseUrl, logger });
}
