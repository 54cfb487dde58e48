import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDatabase } from './database.ts';
import { createLogSync } from './log-sync.ts';
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
  let failures: unknown[];
  const onFailure = (error: unknown): void => void failures.push(error);
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const write = (text: string): void => void database.prepare('INSERT INTO notes VALUES (?)').run(text);

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'parley-log-sync-'));
    file = path.join(folder, 'notes.sqlite');
    const migrations = ['CREATE TABLE notes (text)'];
    database = openDatabase(file, { migrations, timeoutMs: 0, logLimitBytes: 1_000_000 });
    syncs = [];
    failures = [];
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
    const log = createLogSync(database, { syncFile, onFailure });
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
    const log = createLogSync(database, { syncFile, onFailure });
    const ended: string[] = [];
    const syncing = log.sync().then(() => ended.push('sync'));
    await turn();
    const closing = log.close().then(() => ended.push('close'));
    await turn();
    syncs[0]?.resolve();
    await Promise.all([syncing, closing]);
    expect(ended).toEqual(['sync', 'close']);
  });

  /** Resolves when so many syncs have begun. */
  const begun = async (count: number): Promise<void> => {
    while (syncs.length < count) await turn();
  };

  it('tries a failed sync again, first bringing the log into the file itself, and says so meanwhile', async () => {
    const log = createLogSync(database, { syncFile, onFailure });
    write('a');
    const syncing = log.sync();
    await begun(1);
    syncs[0]?.reject(new Error('EIO'));
    await begun(2);
    expect(failures.map((error) => isOutsideTrouble(error))).toEqual([true]);
    expect(log.isFailing()).toBe(true);
    // Without its log the file has the writes before the sync that failed.
    const copy = new DatabaseSync(`file:${file}?immutable=1`, { readOnly: true });
    expect(copy.prepare('SELECT text FROM notes').all()).toEqual([{ text: 'a' }]);
    copy.close();
    syncs[1]?.resolve();
    await syncing;
    expect(log.isFailing()).toBe(false);
    await log.close();
  });

  it('does not trust another sync while the log cannot be brought into the file', async () => {
    const log = createLogSync(database, { syncFile, onFailure });
    write('a');
    const syncing = log.sync();
    await begun(1);
    const reader = new DatabaseSync(file);
    reader.exec('BEGIN; SELECT * FROM notes');
    write('b');
    syncs[0]?.reject(new Error('EIO'));
    while (failures.length < 3) await turn();
    expect(syncs).toHaveLength(1);
    reader.close();
    await begun(2);
    syncs[1]?.resolve();
    await syncing;
    await log.close();
  });

  it('is closed after a while where the disk does not answer, and then syncs nothing', async () => {
    const log = createLogSync(database, { syncFile, onFailure });
    const pending = log.sync();
    await log.close();
    await expect(log.sync()).rejects.toThrow('could not be synced');
    syncs[0]?.reject(new Error('EIO'));
    await expect(pending).rejects.toThrow('could not be synced');
  });

  it('harms nobody where nobody waits for a sync that fails for good', async () => {
    const log = createLogSync(database, { syncFile: () => Promise.reject(new Error('EIO')), onFailure });
    void log.sync();
    await log.close();
    expect(failures.length).toBeGreaterThan(0);
  });

  it('has nothing to do for a database in memory', async () => {
    const memory = new DatabaseSync(':memory:');
    const log = createLogSync(memory, { syncFile });
    await log.sync();
    expect(syncs).toEqual([]);
    await log.close();
    memory.close();
  });
});
