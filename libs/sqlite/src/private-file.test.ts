import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDatabase } from './database.ts';
import { makePrivateFile } from './private-file.ts';

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
