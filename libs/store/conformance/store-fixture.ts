import type { OpenStoreOptions } from '../src/open-store.ts';
import type { Store } from '../src/store.ts';

/** One database of its own for one group of tests. */
export interface StoreFixture {
  /** Opens one more store on this database, as a further process would. */
  open(): Promise<Store>;
  /** Runs one SQL statement on the database, beside the store. */
  sql(statement: string): Promise<Record<string, unknown>[]>;
  /** How another process reaches the same database; plain JSON. */
  readonly address: Omit<OpenStoreOptions, 'logger'>;
  /** Removes the database. */
  remove(): Promise<void>;
}

export type FixtureFactory = () => Promise<StoreFixture>;

/** Shared by the tests of the suite. Each test uses ids of its own. */
export interface Context {
  readonly store: Store;
  readonly fixture: StoreFixture;
  /** Opens a further store, which is closed after the test. */
  open(): Promise<Store>;
}
