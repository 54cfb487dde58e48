import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { settle, speaker } from '@parley/store/testing';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { sweep } from './retention.ts';

const DAY_MS = 86_400_000;
const OFF = { RETENTION_DAYS: 'off', RETENTION_BYTES: 'off', RETENTION_INTERVAL_MS: 3_600_000 } as const;

describe('retention', () => {
  let fixture: ServicesFixture;
  beforeEach(async () => {
    fixture = await makeServices();
  });
  afterEach(() => fixture.remove());

  const sweepWith = (settings: Partial<Parameters<typeof sweep>[0]>) =>
    sweep({ ...OFF, ...settings }, fixture.store.retention, new AbortController().signal);
  /** A conversation that has ended, as if it had been so many days ago. */
  const ended = async (days: number, text = 'hello'): Promise<string> => {
    const { id, conversationId } = await fixture.accept(text);
    await fixture.store.markPublished([{ messageId: id, attempt: 0 }]);
    await settle(fixture.store, { requestId: id, from: speaker('echo'), hops: [] });
    const file = new DatabaseSync(path.join(fixture.folder.dataDir, 'parley.sqlite'));
    file
      .prepare('UPDATE conversations SET updated_at = ? WHERE id = ?')
      .run(Date.now() - days * DAY_MS, conversationId);
    file.close();
    return conversationId;
  };
  const isThere = async (id: string): Promise<boolean> =>
    (await fixture.store.getConversation(id)) !== undefined;

  it('by age removes what is older, and nothing else', async () => {
    const [old, young] = [await ended(31), await ended(29)];
    expect(await sweepWith({ RETENTION_DAYS: 30 })).toMatchObject({ conversations: 1 });
    expect([await isThere(old), await isThere(young)]).toEqual([false, true]);
  });

  it('by size removes the oldest until it fits, and nothing of the last hour', async () => {
    const text = 'x'.repeat(50_000);
    const large = [];
    for (const days of [100, 50, 20, 10, 5, 0]) large.push(await ended(days, text));
    const size = await fixture.store.retention.size();
    await sweepWith({ RETENTION_BYTES: size - 90_000 });
    const left = await Promise.all(large.map(isThere));
    expect(left).toEqual([false, false, true, true, true, true]);
    await sweepWith({ RETENTION_BYTES: 1 });
    expect(await Promise.all(large.map(isThere))).toEqual([false, false, false, false, false, true]);
  });

  it('is off where it is not set', async () => {
    const old = await ended(10_000);
    await sweepWith({});
    expect(await isThere(old)).toBe(true);
  });
});
