import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from '@jest/globals';
import { isBusy, isDiskFull, isOutsideTrouble, outsideTrouble } from './sqlite-errors.ts';

function failureOf(sql: string): unknown {
  const database = new DatabaseSync(':memory:');
  try {
    database.exec(sql);
  } catch (error) {
    return error;
  } finally {
    database.close();
  }
  throw new Error(`${sql} did not fail`);
}

describe('an error of SQLite', () => {
  it('is outside trouble when there is no room', () => {
    const error = failureOf(`
      CREATE TABLE notes (text); PRAGMA max_page_count = 2; INSERT INTO notes VALUES (zeroblob(100000))`);
    expect([isDiskFull(error), isBusy(error), outsideTrouble(error)]).toEqual([
      true,
      false,
      'the disk is full',
    ]);
  });

  it('is judged by its primary code, however far it is narrowed down', () => {
    // SQLITE_BUSY_SNAPSHOT, and an error of the disk while it was read.
    expect(isBusy({ errcode: 517 })).toBe(true);
    expect(outsideTrouble({ errcode: 517 })).toBe('another process holds the SQLite file');
    expect(outsideTrouble({ errcode: 266 })).toBe('the disk reports an error');
  });

  it.each([
    ['a statement that is not SQL', failureOf('SELEKT 1')],
    ['a broken constraint', failureOf('CREATE TABLE notes (text NOT NULL); INSERT INTO notes VALUES (NULL)')],
    ['an error of somebody else', new Error('database is locked')],
    ['a code that is no number', { errcode: '5' }],
    ['nothing', null],
  ])('is no outside trouble: %s', (_, error) => {
    expect([isOutsideTrouble(error), isBusy(error), isDiskFull(error)]).toEqual([false, false, false]);
  });
});
