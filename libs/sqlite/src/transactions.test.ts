import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDatabase } from './open-database.ts';
import { createTransactions } from './transactions.ts';

describe('transactions', () => {
  let folder: string;
  let database: DatabaseSync;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'parley-transactions-'));
    database = openDatabase(path.join(folder, 'notes.sqlite'), {
      migrations: ['CREATE TABLE notes (text)'],
      timeoutMs: 0,
      logLimitBytes: 1_000_000,
    });
  });
  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });

  it('undo everything when their body throws, and can be used again', () => {
    const transactions = createTransactions(database);
    const insert = (): void => database.exec(`INSERT INTO notes VALUES ('first')`);
    const fail = (): void => {
      insert();
      throw new Error('no');
    };
    expect(() => transactions.run(fail)).toThrow('no');
    expect(database.prepare('SELECT * FROM notes').all()).toEqual([]);
    transactions.run(insert);
    expect(database.prepare('SELECT text FROM notes').all()).toEqual([{ text: 'first' }]);
  });
});
