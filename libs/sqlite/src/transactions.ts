import type { DatabaseSync } from 'node:sqlite';

export interface Transactions {
  /**
   * Runs `body` between BEGIN IMMEDIATE and COMMIT, or ROLLBACK when it throws.
   * @param isDurable whether the commit waits for the disk, so that a power cut cannot undo it. What is committed
   *   without waiting outlives this process all the same.
   */
  run<T>(body: () => T, isDurable: boolean): T;
}

export function createTransactions(database: DatabaseSync): Transactions {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const rollback = database.prepare('ROLLBACK');
  let isWaitingForDisk = true;

  function waitForDisk(should: boolean): void {
    if (should === isWaitingForDisk) return;
    // SQLite carries this pragma out while it prepares it, so there is no statement to keep.
    database.exec(`PRAGMA synchronous = ${should ? 'FULL' : 'NORMAL'}`);
    isWaitingForDisk = should;
  }

  return {
    run(body, isDurable) {
      waitForDisk(isDurable);
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
