import type { DatabaseSync } from 'node:sqlite';
import { ParleyError } from '@parley/shared-models';
import { createTransactions, isOutsideTrouble } from '@parley/sqlite';
import type { UnitOfWork } from '../../requests/unit-of-work.ts';
import type { Outcome, Write } from '../../write-groups.ts';
import type { RequestRows } from './request-rows.ts';

/**
 * Runs writes in one transaction. A write that is refused by the rules has changed nothing, so the others go on
 * without a savepoint each; should the group fail in a way that nobody foresaw, all are run again, each in its own savepoint.
 * @throws SQLite's error when the transaction could not be committed for a reason outside the writes
 */
export function createCommit(
  database: DatabaseSync,
  rows: RequestRows,
): (writes: readonly Write<unknown>[]) => Outcome[] {
  const transactions = createTransactions(database);
  const savepoint = database.prepare('SAVEPOINT write');
  const release = database.prepare('RELEASE write');
  const rollbackWrite = database.prepare('ROLLBACK TO write');

  const run = (write: Write<unknown>, work: UnitOfWork): Outcome => {
    try {
      return { result: write.run(work) };
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      return { error };
    }
  };

  const runTogether = (writes: readonly Write<unknown>[]): Outcome[] => {
    const { outcomes, changes } = transactions.run(() => {
      let work = rows.begin();
      const outcomes = writes.map((write) => {
        if (write.isDirect !== true) return run(write, work);
        rows.write(work);
        const outcome = run(write, work);
        rows.forget();
        work = rows.begin();
        return outcome;
      });
      return { outcomes, changes: rows.write(work) };
    });
    rows.committed(changes);
    return outcomes;
  };

  const runApart = (write: Write<unknown>): Outcome => {
    savepoint.run();
    try {
      const work = rows.begin();
      const outcome = run(write, work);
      rows.write(work);
      release.run();
      return outcome;
    } catch (error) {
      if (isOutsideTrouble(error)) throw error;
      rollbackWrite.run();
      release.run();
      return { error };
    } finally {
      // Neither this write nor those before it are committed yet.
      rows.forget();
    }
  };

  return (writes) => {
    try {
      return runTogether(writes);
    } catch (error) {
      rows.forget();
      if (isOutsideTrouble(error)) throw error;
      for (const write of writes) write.undone?.();
      return transactions.run(() => writes.map(runApart));
    }
  };
}
