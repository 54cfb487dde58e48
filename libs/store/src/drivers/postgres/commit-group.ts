import { ParleyError } from '@parley/shared-models';
import type pg from 'pg';
import { createUnitOfWork, type UnitOfWork } from '../../requests/unit-of-work.ts';
import type { Outcome, Write } from '../../write-groups.ts';
import { load, save } from './group-statements.ts';
import { query, withClient } from './postgres-connection.ts';
import { isOutsideTrouble, isTaken } from './postgres-errors.ts';

/** How often a write is tried again that met another transaction's new row; then that row is seen. */
const COLLISIONS = 5;

/**
 * Runs writes in one transaction, in two round trips: begin, lock and read all that they look at; write all that they
 * changed, and commit. Should a group fail because of one of its writes, each is run in a transaction of its own.
 * @throws ParleyError `store_unavailable` when the transaction could not be committed for a reason outside the writes
 */
export function createCommit(
  pool: pg.Pool,
): (writes: readonly Write<unknown>[], isDurable: boolean) => Promise<Outcome[]> {
  const commitApart = async (write: Write<unknown>, isDurable: boolean): Promise<Outcome> => {
    for (let attempt = 1; ; attempt++) {
      try {
        const [outcome] = await commitTogether(pool, [write], isDurable);
        return outcome ?? { error: new Error('a write without an outcome') };
      } catch (error) {
        if (isOutsideTrouble(error)) throw error;
        if (!isTaken(error) || attempt >= COLLISIONS) return { error };
      }
    }
  };

  return async (writes, isDurable) => {
    try {
      return await commitTogether(pool, writes, isDurable);
    } catch (error) {
      if (isOutsideTrouble(error)) throw error;
    }
    const outcomes: Outcome[] = [];
    for (const write of writes) outcomes.push(await commitApart(write, isDurable));
    return outcomes;
  };
}

function commitTogether(
  pool: pg.Pool,
  writes: readonly Write<unknown>[],
  isDurable: boolean,
): Promise<Outcome[]> {
  return withClient(pool, async (client) => {
    try {
      const [, , loaded] = await Promise.all([
        query(client, 'BEGIN'),
        // Such a commit may be lost when PostgreSQL crashes, but never out of order.
        isDurable ? undefined : query(client, 'SET LOCAL synchronous_commit = off'),
        load(
          client,
          writes.map(({ keys }) => keys),
        ),
      ]);
      const work = createUnitOfWork(loaded);
      const outcomes = writes.map((write) => run(write, work));
      await Promise.all([save(client, work.changes()), query(client, 'COMMIT')]);
      return outcomes;
    } catch (error) {
      if (!isOutsideTrouble(error)) {
        await query(client, 'ROLLBACK');
        for (const write of writes) write.undone?.();
      }
      throw error;
    }
  });
}

/** A write that is refused by the rules has changed nothing, so the others go on. */
function run(write: Write<unknown>, work: UnitOfWork): Outcome {
  try {
    return { result: write.run(work) };
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    return { error };
  }
}
