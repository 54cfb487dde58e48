import { createHash } from 'node:crypto';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aReply, aRouting, aSubmission } from '@parley/requests/testing';
import { createAuditVerifier } from '@parley/shared-models';
import { entryOf, routed, submitted } from '../../../conformance/samples.ts';
import { expectVersion13, readVersion13 } from '../../../conformance/version-13.ts';
import { reply, route, submit } from '../../../testing/apply.ts';
import { createSqliteFixture, type SqliteFixture } from '../../../testing/sqlite-fixture.ts';
import { openStore } from '../../open-store.ts';

const unavailable = { name: 'ParleyError', code: 'store_unavailable' };

describe('the SQLite driver', () => {
  let fixture: SqliteFixture;
  let file: string;

  beforeEach(async () => {
    fixture = await createSqliteFixture();
    file = path.join(fixture.dataDir, 'parley.sqlite');
  });

  afterEach(() => fixture.remove());

  it('shows a column of the audit that was changed behind its back, so that the hash no longer fits', async () => {
    const store = await fixture.open();
    const entry = {
      actor: { kind: 'user', id: 'mallory', name: 'M' },
      agentId: 'shell',
      result: 'ok',
    } as const;
    for (const subjectId of ['a', 'b', 'c', 'd', 'e', 'f'])
      await store.audit.append({ ...entry, action: 'agent.pause', subjectId });
    const file = new DatabaseSync(path.join(fixture.dataDir, 'parley.sqlite'));
    file.exec('DROP TRIGGER audit_is_not_changed');
    file.exec("UPDATE audit SET action = 'agent.resume' WHERE seq = 1");
    file.exec("UPDATE audit SET actor_id = 'ada' WHERE seq = 2");
    file.exec('UPDATE audit SET agent_id = NULL WHERE seq = 3');
    file.exec("UPDATE audit SET subject_id = 'x' WHERE seq = 4");
    file.exec("UPDATE audit SET entry = '{' WHERE seq = 5");
    file.close();
    const found: string[] = [];
    const verifier = createAuditVerifier((text) => createHash('sha256').update(text).digest('hex'));
    for (const read of await store.audit.read({ afterSeq: 0, limit: 10 }))
      found.push(...(await verifier.next(read)).map(({ kind, seq }) => `${kind} ${seq}`));
    expect(found).toEqual(['changed 1', 'changed 2', 'changed 3', 'changed 4', 'malformed 5', 'missing 5']);
    expect((await store.audit.list({ limit: 10, actorId: 'ada' })).entries).toMatchObject([
      { actor: { id: 'ada' } },
    ]);
    await store.close();
  });

  it('tells nobody of what a power cut may still undo, and holds up no other work while the disk takes its time', async () => {
    const slow = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const store = fixture.openWith({
      syncLog: () => {
        asked.resolve();
        return slow.promise;
      },
    });
    const submission = aSubmission();
    const told: string[] = [];
    const submitting = submit(store, submission).then(() => told.push('submitted'));
    await asked.promise;
    const reading = store
      .getMessage(submission.message.id)
      .then((found) => told.push(`read ${found?.message.seq}`));
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([]);
    slow.resolve();
    await Promise.all([submitting, reading]);
    expect(told.toSorted()).toEqual(['read 1', 'submitted']);
    await store.close();
  });

  it('does not know what became of a write that the disk does not take in time, and can be used again', async () => {
    let isBroken = false;
    const store = fixture.openWith({
      writeTimeoutMs: 50,
      syncLog: () => (isBroken ? Promise.reject(new Error('EIO')) : Promise.resolve()),
    });
    const submission = aSubmission();
    await store.lastSeqs([]);
    isBroken = true;
    await expect(submit(store, submission)).rejects.toMatchObject(unavailable);
    await expect(store.getMessage(submission.message.id)).rejects.toMatchObject(unavailable);
    isBroken = false;
    const again = async (): ReturnType<typeof submit> => {
      try {
        return await submit(store, submission);
      } catch (error) {
        // The next attempt to sync is not due yet.
        expect(error).toMatchObject(unavailable);
        return again();
      }
    };
    expect(await again()).toMatchObject({ message: { id: submission.message.id, seq: 1 } });
    await store.close();
  });

  it('waits for another process that holds the file, without holding up its own', async () => {
    const store = await fixture.open();
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const accepting = submit(store, aSubmission());
    // This timer would not come while SQLite itself waited for the lock that it lets go of.
    await new Promise((resolve) => setTimeout(resolve, 100));
    other.exec('COMMIT');
    other.close();
    expect((await accepting).message?.seq).toBe(1);
    await store.close();
  });

  it('gives up a write when another process holds the file for too long, and goes on afterwards', async () => {
    const store = fixture.openWith({ writeTimeoutMs: 50 });
    const { id } = await submitted(store);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(submit(store, aSubmission())).rejects.toMatchObject(unavailable);
    expect((await store.getMessage(id))?.message.seq).toBe(1);
    other.exec('COMMIT');
    other.close();
    expect((await submitted(store)).seq).toBe(1);
    await store.close();
  });

  it('closes in the end although another process holds the file', async () => {
    const store = fixture.openWith({ writeTimeoutMs: 50 });
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const accepting = submit(store, aSubmission());
    const [outcome] = await Promise.allSettled([accepting, store.close()]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: unavailable });
    other.close();
  });

  it('has written what came before in the same turn when it looks into the outbox, and knows what changed there', async () => {
    const store = await fixture.open();
    const [first, second] = [aSubmission(), aSubmission()];
    const { id } = first.message;
    const [, taken, , , overtaken, given, , next] = await Promise.all([
      submit(store, first),
      store.takeOutbox({ limit: 10, olderThanMs: 0, leaseMs: 0 }),
      submit(store, second),
      store.renewOutbox(),
      route(store, aRouting(id)),
      route(store, aRouting(id, 'finance', 1)),
      reply(store, aReply(first.message)),
      submit(store, aSubmission({ conversationId: first.message.conversationId })),
    ]);
    expect(taken.map(({ message }) => message.id)).toEqual([id]);
    expect(overtaken).toMatchObject({ refusal: 'overtaken' });
    expect(given).toMatchObject({ outcome: 'done' });
    expect(next.message?.seq).toBe(3);
    await store.close();
  });

  it('removes a conversation between two writes to it of the same turn', async () => {
    const store = await fixture.open();
    const request = await routed(store);
    const { conversationId } = request;
    const [, , removal, again] = await Promise.all([
      reply(store, aReply(request)),
      reply(store, aReply(request)),
      store.retention.remove('conversations', { before: Date.now() + 60_000, limit: 10 }),
      submit(store, aSubmission({ conversationId })),
    ]);
    expect(removal.removed).toBe(1);
    expect(again.message?.seq).toBe(4);
    expect((await store.listMessages(conversationId, { limit: 10 })).messages).toMatchObject([{ seq: 4 }]);
    await store.close();
  });

  it('goes on with a file of the version before', async () => {
    const before = new DatabaseSync(file);
    before.exec(await readVersion13('sqlite'));
    const secret = before.prepare("SELECT value FROM secrets WHERE name = 'signing'").get();
    before.close();
    const store = await fixture.open();
    await expectVersion13(store);
    expect(await store.secrets.getOrCreate('signing')).toBe(secret?.value);
    await store.close();
  });

  it('finds what waits in the outbox although the clock was set back', async () => {
    let now = Date.now();
    const store = fixture.openWith({ now: () => now });
    const message = await submitted(store);
    const leaseMs = 30_000;
    now -= 3_600_000;
    const taken = await store.takeOutbox({ limit: 10, olderThanMs: 35_000, leaseMs });
    expect(taken.map((entry) => entry.message.id)).toEqual([message.id]);
    expect(await store.takeOutbox({ limit: 10, olderThanMs: 35_000, leaseMs })).toEqual([]);
    now -= 3_600_000;
    expect(await store.takeOutbox({ limit: 10, olderThanMs: 35_000, leaseMs })).toHaveLength(1);
    await store.close();
  });

  it('lets others go first while it searches', async () => {
    const store = await fixture.open();
    const sender = { kind: 'user', id: 'ada', name: 'Ada' } as const;
    const text = 'hay '.repeat(5000);
    await Promise.all(Array.from({ length: 500 }, () => submit(store, aSubmission({ text, sender }))));
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    expect(await store.listConversations('ada', { limit: 10, search: 'needle' })).toEqual([]);
    isDone = true;
    expect(turns).toBeGreaterThan(1);
    await store.close();
  });

  it('ends a search when it is closed', async () => {
    const store = await fixture.open();
    const text = 'hay '.repeat(5000);
    await Promise.all(Array.from({ length: 500 }, () => submit(store, aSubmission({ text }))));
    const searching = store.listConversations('ada', { limit: 10, search: 'needle' });
    const [outcome] = await Promise.allSettled([searching, store.close()]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: unavailable });
  });

  it('keeps what it has when it is opened without being closed before', async () => {
    const first = await fixture.open();
    const message = await routed(first);
    const second = await openStore({ dataDir: path.join(fixture.dataDir) });
    expect((await second.getMessage(message.id))?.status?.status).toBe('routed');
    expect(await entryOf(second, message.id)).toBeUndefined();
    await second.close();
    await first.close();
  });

  it('makes the folder that it is told of', async () => {
    const store = await openStore({ dataDir: path.join(fixture.dataDir, 'a', 'b') });
    await expect(store.check()).resolves.toBeUndefined();
    await store.close();
  });

  it('keeps what it makes from everybody else', async () => {
    const dataDir = path.join(fixture.dataDir, 'own');
    const store = await openStore({ dataDir });
    await store.secrets.getOrCreate('key');
    const modes = [dataDir, ...readdirSync(dataDir).map((name) => path.join(dataDir, name))].map((made) => [
      path.basename(made),
      (statSync(made).mode & 0o777).toString(8),
    ]);
    expect(Object.fromEntries(modes)).toEqual({
      own: '700',
      'parley.sqlite': '600',
      'parley.sqlite-shm': '600',
      'parley.sqlite-wal': '600',
    });
    await store.close();
  });

  it('says that its folder cannot be made', async () => {
    writeFileSync(file, '');
    await expect(openStore({ dataDir: path.join(file, 'below') })).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringMatching(/ENOTDIR|EEXIST/),
    });
  });

  it('says that a damaged file is one', async () => {
    writeFileSync(file, 'this is no database, and long enough to be taken for the header of one '.repeat(10));
    await expect(fixture.open()).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining('no SQLite database'),
    });
  });

  it('does not touch a file that a later version has written', async () => {
    const later = new DatabaseSync(file);
    later.exec('PRAGMA user_version = 1000');
    later.close();
    await expect(fixture.open()).rejects.toThrow(/version 1000/);
  });
});
