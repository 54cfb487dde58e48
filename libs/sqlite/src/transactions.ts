import type { DatabaseSync } from 'node:sqlite';

export interface Transactions {
  /** Runs `body` between BEGIN IMMEDIATE and COMMIT, or ROLLBACK when it throws. */
  run<T>(body: () => T): T;
}

export function createTransactions(database: DatabaseSync): Transactions {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const rollback = database.prepare('ROLLBACK');

  return {
    run(body) {
      begin.run();
      try {
        const result = body();
        commit.run();
        return result;
      } catch (error) {
        // A full disk and the like have rolled back already.
        if (database.isTransaction) rollback.run();
        throw error;
      }
    },
  };
}
