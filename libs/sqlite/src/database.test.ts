import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Opening } from '../testing/opening-worker.ts';
import { createTransactions, type DatabaseOptions, makePrivateFile, openDatabase } from './database.ts';
import { isBusy } from './sqlite-errors.ts';

const FIRST = `CREATE TABLE notes (text TEXT NOT NULL) STRICT; INSERT INTO notes VALUES ('first')`;
const SECOND = `ALTER TABLE notes ADD COLUMN author TEXT; INSERT INTO notes VALUES ('second', 'ada')`;

describe('opening a database', () => {
  let folder: string;
  let file: string;
  const opened: DatabaseSync[] = [];

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'parley-sqlite-'));
    file = path.join(folder, 'notes.sqlite');
  });
  afterEach(() => {
    for (const database of opened.splice(0)) database.close();
    rmSync(folder, { recursive: true });
  });

  function open(migrations: readonly string[], options: Partial<DatabaseOptions> = {}): DatabaseSync {
    const database = openDatabase(file, { migrations, timeoutMs: 0, logLimitBytes: 1_000_000, ...options });
    opened.push(database);
    return database;
  }
  /** As another program would. */
  function look(): DatabaseSync {
    const database = new DatabaseSync(file);
    opened.push(database);
    return database;
  }
  const pragma = (database: DatabaseSync, name: string): unknown =>
    Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  const textsIn = (database: DatabaseSync): unknown[] =>
    database
      .prepare('SELECT text FROM notes')
      .all()
      .map(({ text }) => text);

  it('sets what was asked for, and that commits do not wait for the disk', () => {
    const database = open([FIRST], { timeoutMs: 7, cacheKib: 512 });
    const names = [
      'journal_mode',
      'synchronous',
      'foreign_keys',
      'journal_size_limit',
      'busy_timeout',
      'cache_size',
    ];
    expect(Object.fromEntries(names.map((name) => [name, pragma(database, name)]))).toEqual({
      journal_mode: 'wal',
      synchronous: 1,
      foreign_keys: 1,
      journal_size_limit: 1_000_000,
      busy_timeout: 7,
      cache_size: -512,
    });
  });

  it('makes of an old file what it makes of a new one, and does nothing twice', () => {
    open([FIRST]);
    expect(pragma(open([FIRST, SECOND]), 'user_version')).toBe(2);
    expect(textsIn(open([FIRST, SECOND]))).toEqual(['first', 'second']);
  });

  it('refuses a file that a later version has written, and leaves it as it is', () => {
    open([FIRST, SECOND]);
    expect(() => open([FIRST])).toThrow(`${file} has version 2; this Parley knows up to 1`);
    const database = look();
    expect([pragma(database, 'user_version'), textsIn(database)]).toEqual([2, ['first', 'second']]);
  });

  it('leaves the old version when one of several migrations fails, and holds no lock', () => {
    open([FIRST]);
    expect(() => open([FIRST, SECOND, 'INSERT INTO nowhere VALUES (1)'])).toThrow('no such table: nowhere');
    const database = look();
    expect([pragma(database, 'user_version'), textsIn(database)]).toEqual([1, ['first']]);
    expect(textsIn(open([FIRST, SECOND]))).toEqual(['first', 'second']);
  });

  it('opens a file of the newest version while another process writes', () => {
    open([FIRST]).exec('BEGIN IMMEDIATE');
    expect(textsIn(open([FIRST]))).toEqual(['first']);
  });

  it('fails as busy when another process writes for longer than it waits, and there is something to migrate', () => {
    const other = open([FIRST]);
    other.exec('BEGIN IMMEDIATE');
    let failure: unknown;
    try {
      open([FIRST, SECOND], { timeoutMs: 20 });
    } catch (error) {
      failure = error;
    }
    expect(isBusy(failure)).toBe(true);
    other.exec('ROLLBACK');
    expect(textsIn(open([FIRST, SECOND]))).toEqual(['first', 'second']);
  });

  /** Four threads open each of the files at the same time. */
  async function openTogether(files: readonly string[]): Promise<unknown[]> {
    const absent = new Int32Array(new SharedArrayBuffer(4 * files.length)).fill(4);
    const opening: Opening = { files, migrations: [FIRST, SECOND], timeoutMs: 30_000, absent };
    const workers = Array.from({ length: 4 }, () => {
      return new Worker(new URL('../testing/opening-worker.ts', import.meta.url), { workerData: opening });
    });
    try {
      return (await Promise.all(workers.map((worker) => once(worker, 'message')))).flat();
    } finally {
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
  }

  it('migrates once when several open an old file at the same time', async () => {
    open([FIRST]);
    expect(await openTogether([file])).toEqual(Array(4).fill('opened'));
    expect(textsIn(look())).toEqual(['first', 'second']);
  });

  it('makes one file when several open a new one at the same time', async () => {
    const files = Array.from({ length: 40 }, (_, number) => `${file}-${number}`);
    expect(await openTogether(files)).toEqual(Array(4).fill('opened'));
    for (file of files) expect(textsIn(look())).toEqual(['first', 'second']);
  });
});

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

const modeOf = (place: string): string => (statSync(place).mode & 0o777).toString(8);

describe('a private file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'parley-private-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made for its user alone, with its folders and what SQLite puts beside it', () => {
    const file = path.join(folder, 'a', 'b', 'notes.sqlite');
    makePrivateFile(file);
    const database = openDatabase(file, {
      migrations: ['CREATE TABLE notes (text)'],
      timeoutMs: 0,
      logLimitBytes: 1_000_000,
    });
    const beside = path.dirname(file);
    expect([modeOf(path.join(folder, 'a')), modeOf(beside)]).toEqual(['700', '700']);
    const modes = readdirSync(beside).map((name) => [name, modeOf(path.join(beside, name))]);
    expect(Object.fromEntries(modes)).toEqual({
      'notes.sqlite': '600',
      'notes.sqlite-shm': '600',
      'notes.sqlite-wal': '600',
    });
    database.close();
  });

  it('keeps what is there', () => {
    const file = path.join(folder, 'notes.sqlite');
    writeFileSync(file, 'something', { mode: 0o640 });
    makePrivateFile(file);
    expect([statSync(file).size, modeOf(file)]).toEqual([9, '640']);
  });

  it('fails with the error of the file system', () => {
    const file = path.join(folder, 'notes.sqlite');
    writeFileSync(file, '');
    expect(() => makePrivateFile(path.join(file, 'below', 'notes.sqlite'))).toThrow(/ENOTDIR|EEXIST/);
  });
});
