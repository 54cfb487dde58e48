import type { DatabaseSync } from 'node:sqlite';
import { ParleyError } from '@parley/shared-models';
import { createTransactions, isOutsideTrouble } from '@parley/sqlite';
import type { Workspace, Write } from '../rules/workspace.ts';
import type { Outcome } from '../write-groups.ts';

/**
 * Runs writes in one transaction. A write that is refused by the rules has changed nothing, so the others go on
 * without a savepoint each; should one fail in a way that nobody foresaw, all are run again, each in its own savepoint.
 * What is committed without waiting for the disk outlives this process all the same, but not a power cut.
 * @throws SQLite's error when the transaction could not be committed for a reason outside the writes
 */
export function createCommit(
  database: DatabaseSync,
  workspace: Workspace,
): (writes: readonly Write<unknown>[], isDurable: boolean) => Outcome[] {
  const transactions = createTransactions(database);
  const savepoint = database.prepare('SAVEPOINT write');
  const release = database.prepare('RELEASE write');
  const rollbackWrite = database.prepare('ROLLBACK TO write');

  const runTogether = (write: Write<unknown>): Outcome => {
    try {
      return { result: write.run(workspace) };
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      return { error };
    }
  };

  const runApart = (write: Write<unknown>): Outcome => {
    savepoint.run();
    try {
      const result = write.run(workspace);
      release.run();
      return { result };
    } catch (error) {
      if (isOutsideTrouble(error)) throw error;
      rollbackWrite.run();
      release.run();
      return { error };
    }
  };

  return (writes, isDurable) => {
    try {
      return transactions.run(() => writes.map(runTogether), isDurable);
    } catch (error) {
      if (isOutsideTrouble(error)) throw error;
      return transactions.run(() => writes.map(runApart), isDurable);
    }
  };
}
