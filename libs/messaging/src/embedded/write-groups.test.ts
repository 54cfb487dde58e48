import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTransactions } from '@parley/sqlite';
import { silentLogger } from '../../conformance/bus-fixture.ts';
import { createWriteGroups, type GroupHooks, type WriteGroups } from './write-groups.ts';
import { createWriteHealth } from './write-health.ts';

describe('write groups', () => {
  let database: DatabaseSync;
  /** The operations on the disk, in order. */
  let steps: ('commit' | 'sync')[];
  /** A sync takes as long as this. */
  let disk: Promise<void>;
  let writes: WriteGroups;

  function create(hooks: Partial<GroupHooks> = {}): WriteGroups {
    const transactions = createTransactions(database);
    return createWriteGroups({
      transactions: {
        run(body) {
          const result = transactions.run(body);
          steps.push('commit');
          return result;
        },
      },
      log: {
        sync: async () => {
          steps.push('sync');
          await disk;
        },
        isFailing: () => false,
      },
      hooks: {
        mayClaim: () => false,
        isClaimWanted: () => false,
        claim: () => () => undefined,
        committed: () => undefined,
        rolledBack: () => undefined,
        ...hooks,
      },
      health: createWriteHealth({ downAfterMs: 1_000, logger: silentLogger }),
      logger: silentLogger,
    });
  }

  const insert = (value: number | null) => (): void => {
    database.prepare('INSERT INTO numbers VALUES (?)').run(value);
  };
  const stored = (): unknown[] =>
    database
      .prepare('SELECT value FROM numbers')
      .all()
      .map(({ value }) => value);

  beforeEach(() => {
    database = new DatabaseSync(':memory:');
    database.exec('CREATE TABLE numbers (value INTEGER NOT NULL UNIQUE)');
    steps = [];
    disk = Promise.resolve();
    writes = create();
  });
  afterEach(() => {
    writes.close();
    database.close();
  });

  it('put all writes of one turn into one transaction, in order', async () => {
    await Promise.all([3, 1, 2].map((value) => writes.write(insert(value))));
    expect(stored()).toEqual([3, 1, 2]);
    expect(steps).toEqual(['commit', 'sync']);
  });

  it('resolve with what each write returned', async () => {
    expect(await Promise.all(['a', 'b'].map((value) => writes.write(() => value)))).toEqual(['a', 'b']);
  });

  it('let a write that throws fail alone', async () => {
    const outcomes = await Promise.allSettled([1, null, 1, 2].map((value) => writes.write(insert(value))));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(stored()).toEqual([1, 2]);
    expect(steps).toEqual(['commit', 'sync']);
  });

  it('wait for the disk only if one of their writes wants it', async () => {
    await writes.write(insert(1), { isDurable: false });
    expect(steps).toEqual(['commit']);
    await Promise.all([writes.write(insert(2), { isDurable: false }), writes.write(insert(3))]);
    expect(steps).toEqual(['commit', 'commit', 'sync']);
  });

  it('hold up no other write while one waits for the disk', async () => {
    const slow = Promise.withResolvers<void>();
    disk = slow.promise;
    let isDurable = false;
    const durable = writes.write(insert(1)).then(() => {
      isDurable = true;
    });
    await writes.write(insert(2), { isDurable: false });
    expect(stored()).toEqual([1, 2]);
    expect(isDurable).toBe(false);
    slow.resolve();
    await durable;
  });

  it('fail the writes that the disk does not take in time, and no others', async () => {
    disk = new Promise(() => {});
    const outcomes = await Promise.allSettled([
      writes.write(insert(1), { timeoutMs: 1 }),
      writes.write(insert(2), { isDurable: false, timeoutMs: 1 }),
    ]);
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'bus_unavailable' } },
      { status: 'fulfilled' },
    ]);
  });

  it('take a write that can wait along with one that cannot', async () => {
    const soon = writes.write(insert(1), { urgency: 'soon' });
    await writes.write(insert(2));
    await soon;
    expect(steps.filter((step) => step === 'commit')).toHaveLength(1);
    await writes.write(insert(3), { urgency: 'soon' });
    expect(stored()).toEqual([1, 2, 3]);
  });

  it('claim in the same transaction as the writes, after them, and deliver after the commit', async () => {
    writes.close();
    const log: string[] = [];
    writes = create({
      claim: () => {
        log.push(`claims ${stored().join()}`);
        return () => log.push(`delivers ${database.isTransaction}`);
      },
    });
    await writes.write(insert(1));
    expect(log).toEqual(['claims 1', 'delivers false']);
    expect(steps).toEqual(['commit', 'sync']);
  });

  it('fail the pending writes when they are closed', async () => {
    const pending = writes.write(insert(1));
    writes.close();
    await expect(pending).rejects.toMatchObject({ code: 'bus_unavailable' });
    await expect(writes.write(insert(2))).rejects.toMatchObject({ code: 'bus_unavailable' });
    expect(stored()).toEqual([]);
  });
});
