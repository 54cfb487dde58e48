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
 * Opens the store and brings its tables to the newest version.
 * @throws ParleyError `store_unavailable` when the file cannot be opened or is damaged
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { dataDir, logger = silentLogger } = options;
  const { openSqliteStore } = await import('./sqlite/sqlite-store.ts');
  return openSqliteStore({ dataDir, logger });
}
