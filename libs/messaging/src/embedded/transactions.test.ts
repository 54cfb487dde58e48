import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openQueueDatabase } from './queue-database.ts';
import { createTransactions } from './transactions.ts';

const FULL = 2;
const NORMAL = 1;

describe('transactions', () => {
  let dataDir: string;
  let database: DatabaseSync;
  beforeEach(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'parley-transactions-'));
    database = await openQueueDatabase(dataDir, 1_000);
  });
  afterEach(() => {
    database.close();
    rmSync(dataDir, { recursive: true });
  });

  const synchronous = (): unknown => database.prepare('PRAGMA synchronous').get()?.synchronous;

  it('wait for the disk by default, and when they are told to', () => {
    const transactions = createTransactions(database);
    expect(synchronous()).toBe(FULL);
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(transactions.run(synchronous, false)).toBe(NORMAL);
    expect(transactions.run(synchronous, true)).toBe(FULL);
    expect(transactions.run(synchronous, true)).toBe(FULL);
    expect(transactions.run(synchronous, false)).toBe(NORMAL);
  });

  it('undo everything when their body throws, and can be used again', () => {
    const transactions = createTransactions(database);
    const insert = (): void => database.exec(`INSERT INTO queues (name, is_single_active) VALUES ('q', 0)`);
    const fail = (): void => {
      insert();
      throw new Error('no');
    };
    expect(() => transactions.run(fail, true)).toThrow('no');
    expect(database.prepare('SELECT * FROM queues').all()).toEqual([]);
    transactions.run(insert, true);
    expect(database.prepare('SELECT name FROM queues').all()).toEqual([{ name: 'q' }]);
  });
});
