import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from '@jest/globals';
import { aReply, aSubmission } from '@parley/requests/testing';
import { newId } from '@parley/shared-models';
import { aLetter, routed, statusOf, submitted } from '../../../conformance/samples.ts';
import { reply, submit } from '../../../testing/apply.ts';
import { createSqliteFixture, type SqliteFixture } from '../../../testing/sqlite-fixture.ts';
import type { Store } from '../../store.ts';
import { silentLogger } from '../../store-logger.ts';
import { openSqliteStore } from './sqlite-store.ts';

const unavailable = { name: 'ParleyError', code: 'store_unavailable' };
const LONG = 'x'.repeat(20_000);

/** Accepts long messages until one is refused. @returns those that were not */
async function fillUp(store: Store, conversationId: string): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    try {
      ids.push((await submitted(store, { conversationId, text: LONG })).id);
    } catch (error) {
      expect(error).toMatchObject(unavailable);
      return ids;
    }
  }
}

async function expectAllAndNoMore(
  store: Store,
  conversationId: string,
  ids: readonly string[],
): Promise<void> {
  const { messages } = await store.listMessages(conversationId, { limit: 10_000 });
  expect(messages.map(({ id }) => id)).toEqual(ids);
  expect(messages.map(({ seq }) => seq)).toEqual(ids.map((_, index) => index + 1));
}

describe('a SQLite store whose file may not grow', () => {
  let fixture: SqliteFixture | undefined;

  afterEach(async () => {
    await fixture?.remove();
    fixture = undefined;
  });

  it('refuses what it has no room for, whole groups of it, and keeps what it has', async () => {
    fixture = await createSqliteFixture();
    const store = fixture.openWith({ maxPages: 200 });
    const request = await routed(store);
    const conversationId = newId();
    const ids = await fillUp(store, conversationId);

    const burst = await Promise.allSettled(
      Array.from({ length: 50 }, () => submit(store, aSubmission({ conversationId, text: LONG }))),
    );
    expect(burst.every(({ status }) => status === 'rejected')).toBe(true);
    await expect(reply(store, aReply(request, 'finance', { text: LONG }))).rejects.toMatchObject(unavailable);
    expect((await statusOf(store, request.id))?.status).toBe('routed');
    await expect(store.check()).rejects.toMatchObject(unavailable);
    await expectAllAndNoMore(store, conversationId, ids);
    await store.close();
  });

  it('knows nothing of a group whose writes were tried one by one before there was no room', async () => {
    fixture = await createSqliteFixture();
    const store = fixture.openWith({ maxPages: 200 });
    const { conversationId } = await submitted(store);
    const burst = await Promise.allSettled([
      submit(store, aSubmission({ conversationId, text: 'one' })),
      // Fails when it is written, so that each is written apart; it has looked at the conversation before.
      submit(store, aSubmission({ conversationId, createdAt: {} as never })),
      submit(store, aSubmission({ text: 'x'.repeat(2_000_000) })),
    ]);
    expect(burst.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect((await submitted(store, { conversationId })).seq).toBe(2);
    await store.close();
  });

  it('goes on by itself when there is room again', async () => {
    fixture = await createSqliteFixture();
    const store = fixture.openWith({ maxPages: 400 });
    await store.addDeadLetter(aLetter({ body: 'x'.repeat(500_000) }));
    const conversationId = newId();
    const ids = await fillUp(store, conversationId);

    const operator = new DatabaseSync(path.join(fixture.dataDir, 'parley.sqlite'));
    operator.exec('DELETE FROM dead_letters');
    operator.close();

    await expect(store.check()).resolves.toBeUndefined();
    ids.push((await submitted(store, { conversationId, text: LONG })).id);
    await expectAllAndNoMore(store, conversationId, ids);
    await store.close();
  });
});

/** A file system of 4 MB. @throws where this process may not mount one */
function mountSmallDisk(): { folder: string; unmount: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  const unmount = (): void => {
    // Lazily: a test that fails may have left files open.
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true });
  };
  return { folder, unmount };
}

function canMount(): boolean {
  try {
    mountSmallDisk().unmount();
    return true;
  } catch {
    return false;
  }
}

// Without the right to mount, the tests above have to do.
if (canMount()) {
  describe('a SQLite store on a disk that is full', () => {
    let disk: ReturnType<typeof mountSmallDisk> | undefined;

    afterEach(() => disk?.unmount());

    it('refuses writes, answers reads, and goes on by itself when there is room again', async () => {
      disk = mountSmallDisk();
      const { folder } = disk;
      const store = openSqliteStore({ dataDir: folder, logger: silentLogger });
      const conversationId = newId();
      const ballast = path.join(folder, 'ballast');
      writeFileSync(ballast, Buffer.alloc(2 * 1024 * 1024));
      const ids = await fillUp(store, conversationId);
      await expect(store.check()).rejects.toMatchObject(unavailable);
      await expectAllAndNoMore(store, conversationId, ids);

      rmSync(ballast);

      await expect(store.check()).resolves.toBeUndefined();
      for (let count = 0; count < 10; count++) {
        ids.push((await submitted(store, { conversationId, text: LONG })).id);
      }
      await expectAllAndNoMore(store, conversationId, ids);
      await store.close();

      const again = openSqliteStore({ dataDir: folder, logger: silentLogger });
      await expectAllAndNoMore(again, conversationId, ids);
      await again.close();
    });
  });
}
