import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogSync } from './log-sync.ts';
import { openDatabase } from './open-database.ts';
import { isOutsideTrouble } from './sqlite-errors.ts';

describe('syncing the log', () => {
  let folder: string;
  let file: string;
  let database: DatabaseSync;
  /** The syncs that have begun and not ended. */
  let syncs: PromiseWithResolvers<void>[];
  const syncFile = (): Promise<void> => {
    const running = Promise.withResolvers<void>();
    syncs.push(running);
    return running.promise;
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const write = (text: string): void => void database.prepare('INSERT INTO notes VALUES (?)').run(text);

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'parley-log-sync-'));
    file = path.join(folder, 'notes.sqlite');
    const migrations = ['CREATE TABLE notes (text)'];
    database = openDatabase(file, { migrations, timeoutMs: 0, logLimitBytes: 1_000_000 });
    syncs = [];
  });
  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });

  it('asks the system for it, and ends when it is closed', async () => {
    const log = createLogSync(database);
    write('a');
    await Promise.all([log.sync(), log.sync()]);
    await log.sync();
    expect(log.pending()).toBeUndefined();
    await log.close();
    await log.close();
  });

  it('shares a sync among what is asked in one moment, and one more among what is asked while it is under way', async () => {
    const log = createLogSync(database, syncFile);
    const ended: string[] = [];
    const ask = (name: string) => log.sync().then(() => ended.push(name));
    const first = [ask('a'), ask('b')];
    await turn();
    const second = [ask('c'), ask('d')];
    await turn();
    expect(syncs).toHaveLength(1);
    syncs[0]?.resolve();
    await Promise.all(first);
    await turn();
    expect(ended).toEqual(['a', 'b']);
    expect(syncs).toHaveLength(2);
    expect(log.pending()).toBeDefined();
    syncs[1]?.resolve();
    await Promise.all(second);
    expect(log.pending()).toBeUndefined();
    await log.close();
  });

  it('waits for a sync that is under way before it closes', async () => {
    const log = createLogSync(database, syncFile);
    const ended: string[] = [];
    const syncing = log.sync().then(() => ended.push('sync'));
    await turn();
    const closing = log.close().then(() => ended.push('close'));
    await turn();
    syncs[0]?.resolve();
    await Promise.all([syncing, closing]);
    expect(ended).toEqual(['sync', 'close']);
  });

  it('tells of a failed sync as of trouble outside, and then brings the log into the file itself', async () => {
    const log = createLogSync(database, syncFile);
    write('a');
    const failing = log.sync();
    await turn();
    syncs[0]?.reject(new Error('EIO'));
    const error: unknown = await failing.catch((thrown: unknown) => thrown);
    expect(isOutsideTrouble(error)).toBe(true);
    const again = log.sync();
    await turn();
    syncs[1]?.resolve();
    await again;
    // Without its log the file has what was written before the sync that failed.
    const copy = new DatabaseSync(`file:${file}?immutable=1`, { readOnly: true });
    expect(copy.prepare('SELECT text FROM notes').all()).toEqual([{ text: 'a' }]);
    copy.close();
    await log.close();
  });

  it('goes on failing while the log cannot be brought into the file', async () => {
    const log = createLogSync(database, syncFile);
    write('a');
    const failing = log.sync();
    await turn();
    syncs[0]?.reject(new Error('EIO'));
    await expect(failing).rejects.toThrow('could not be synced');
    const reader = new DatabaseSync(file);
    reader.exec('BEGIN; SELECT * FROM notes');
    write('b');
    await expect(log.sync()).rejects.toThrow();
    reader.close();
    const again = log.sync();
    await turn();
    syncs[1]?.resolve();
    await again;
    await log.close();
  });

  it('has nothing to do for a database in memory', async () => {
    const memory = new DatabaseSync(':memory:');
    const log = createLogSync(memory, syncFile);
    await log.sync();
    expect(syncs).toEqual([]);
    await log.close();
    memory.close();
  });
});
