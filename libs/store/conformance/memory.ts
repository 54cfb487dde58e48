import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { MEMORY_VERSIONS, type MemoryAddress, type MemoryVersion } from '../src/ports/memory.ts';
import type { Context } from './store-fixture.ts';

const anAddress = (fields: Partial<MemoryAddress> = {}): MemoryAddress => ({
  group: 'finance',
  subject: `ada-${newId()}`,
  key: 'budget',
  ...fields,
});
const briefly = ({ value, version }: MemoryVersion): [string | undefined, number] => [value, version];

export function describeMemory(context: Context): void {
  const put = (address: MemoryAddress, value: string, expectedVersion?: number): Promise<MemoryVersion> =>
    context.store.memory.write({ ...address, value, expectedVersion });
  const remove = (address: MemoryAddress, expectedVersion?: number): Promise<MemoryVersion> =>
    context.store.memory.write({ ...address, value: undefined, expectedVersion });

  describe('memory', () => {
    it('has version 0 where nothing was ever remembered', async () => {
      const { memory } = context.store;
      const address = anAddress();
      const nothing = { ...address, value: undefined, version: 0, updatedAt: undefined, writeId: undefined };
      expect(await memory.get(address)).toEqual(nothing);
      expect(await memory.history(address, { limit: 10 })).toEqual([]);
      expect(await remove(address)).toEqual(nothing);
      expect(await memory.get(address)).toEqual(nothing);
    });

    it('counts versions from 1 and gives the newest', async () => {
      const { memory } = context.store;
      const address = anAddress();
      const started = Date.now();
      const first = await put(address, '{"left":10}');
      expect(first).toMatchObject({
        ...address,
        value: '{"left":10}',
        version: 1,
        updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      });
      expect(Math.abs(Date.parse(first.updatedAt ?? '') - started)).toBeLessThan(60_000);
      expect(briefly(await put(address, '20'))).toEqual(['20', 2]);
      expect(briefly(await memory.get(address))).toEqual(['20', 2]);
    });

    it('outlives the process', async () => {
      const address = anAddress();
      await put(address, '1');
      const another = await context.open();
      expect(briefly(await another.memory.get(address))).toEqual(['1', 1]);
    });

    it.each([
      ['groups', { group: 'hr' }],
      ['people', { subject: '' }],
      ['keys', { key: 'Budget' }],
    ])('keeps %s apart', async (_, other) => {
      const { memory } = context.store;
      const address = anAddress();
      await put(address, '1');
      const elsewhere = { ...address, ...other, ...('subject' in other ? { key: newId() } : {}) };
      await put(elsewhere, '2');
      expect(briefly(await memory.get(address))).toEqual(['1', 1]);
      expect(briefly(await memory.get(elsewhere))).toEqual(['2', 1]);
    });

    it('writes only onto the version that the writer expects', async () => {
      const { memory } = context.store;
      const address = anAddress();
      await put(address, '1', 0);
      await expect(put(address, '2', 0)).rejects.toMatchObject({
        code: 'id_conflict',
        details: { version: 1 },
      });
      await expect(put(address, '2', 2)).rejects.toMatchObject({ code: 'id_conflict' });
      await expect(remove(address, 7)).rejects.toMatchObject({ code: 'id_conflict' });
      expect(briefly(await memory.get(address))).toEqual(['1', 1]);
      expect(briefly(await put(address, '2', 1))).toEqual(['2', 2]);
    });

    it('lets one of several writers that expect the same version through', async () => {
      const address = anAddress();
      await put(address, '0');
      const stores = [context.store, await context.open()];
      const tried = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) =>
          stores[index % 2]?.memory.write({ ...address, value: `${index}`, expectedVersion: 1 }),
        ),
      );
      expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await context.store.memory.get(address)).version).toBe(2);
    });

    it('loses no write of those made at once', async () => {
      const address = anAddress();
      const stores = [context.store, await context.open()];
      const made = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          stores[index % 2]?.memory.write({ ...address, value: `${index}` }),
        ),
      );
      const versions = made.map((version) => version?.version).toSorted((a, b) => Number(a) - Number(b));
      expect(versions).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      expect(await context.store.memory.history(address, { limit: 100 })).toHaveLength(20);
    });

    it('makes a write with a known id no second time, whatever was written since', async () => {
      const { memory } = context.store;
      const address = anAddress();
      const writeId = newId();
      const first = await memory.write({ ...address, value: '1', expectedVersion: 0, writeId });
      expect(first.writeId).toBe(writeId);
      await put(address, '2');
      expect(await memory.write({ ...address, value: '3', expectedVersion: 0, writeId })).toEqual(first);
      expect(await memory.get(address, writeId)).toEqual(first);
      expect(briefly(await memory.get(address))).toEqual(['2', 2]);
      expect(briefly(await memory.get(address, newId()))).toEqual(['2', 2]);
    });

    it('makes a write that came twice at once once', async () => {
      const address = anAddress();
      const writeId = newId();
      const stores = [context.store, await context.open()];
      const made = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          stores[index % 2]?.memory.write({ ...address, value: '1', writeId }),
        ),
      );
      expect(made.map((version) => version?.version)).toEqual([1, 1, 1, 1, 1, 1]);
      expect((await context.store.memory.get(address)).version).toBe(1);
    });

    it('knows write ids of this key only', async () => {
      const { memory } = context.store;
      const writeId = newId();
      const address = anAddress();
      await memory.write({ ...address, value: '1', writeId });
      const other = { ...address, key: 'leave' };
      expect(briefly(await memory.write({ ...other, value: '2', writeId }))).toEqual(['2', 1]);
    });

    it('forgets what is deleted, but not that it was there', async () => {
      const { memory } = context.store;
      const address = anAddress();
      await put(address, '1');
      const writeId = newId();
      const deleted = await memory.write({ ...address, value: undefined, writeId });
      expect(briefly(deleted)).toEqual([undefined, 2]);
      expect(await memory.write({ ...address, value: undefined, writeId })).toEqual(deleted);
      expect(briefly(await memory.get(address))).toEqual([undefined, 2]);
      expect(briefly(await put(address, '3', 2))).toEqual(['3', 3]);
      const history = await memory.history(address, { limit: 10 });
      expect(history.map(briefly)).toEqual([
        ['3', 3],
        [undefined, 2],
        ['1', 1],
      ]);
    });

    it('gives its history in pages, newest first', async () => {
      const { memory } = context.store;
      const address = anAddress();
      for (const value of ['1', '2', '3', '4', '5']) await put(address, value);
      const page = await memory.history(address, { limit: 2 });
      expect(page.map(briefly)).toEqual([
        ['5', 5],
        ['4', 4],
      ]);
      const next = await memory.history(address, { limit: 2, beforeVersion: 4 });
      expect(next.map(({ version }) => version)).toEqual([3, 2]);
    });

    it('keeps a bounded number of versions', async () => {
      const { memory } = context.store;
      const address = anAddress();
      const writes = Array.from({ length: MEMORY_VERSIONS + 3 }, (_, index) => `${index + 1}`);
      for (const value of writes) await put(address, value);
      const kept = await memory.history(address, { limit: 5000 });
      expect(kept).toHaveLength(MEMORY_VERSIONS);
      expect(kept.at(-1)?.version).toBe(4);
    }, 60_000);

    it('lists all that is remembered about somebody now', async () => {
      const { memory } = context.store;
      const subject = `bob-${newId()}`;
      await put(anAddress({ subject, group: 'hr', key: 'leave' }), '30');
      await put(anAddress({ subject, key: 'expenses' }), '[]');
      await put(anAddress({ subject, key: 'budget' }), '1');
      await put(anAddress({ subject, key: 'budget' }), '2');
      await put(anAddress({ subject, key: 'forgotten' }), '3');
      await remove(anAddress({ subject, key: 'forgotten' }));
      await put(anAddress({ subject: `${subject}-another` }), '4');
      const listed = await memory.listAbout(subject);
      expect(listed.map(({ group, key, value, version }) => [group, key, value, version])).toEqual([
        ['finance', 'budget', '2', 2],
        ['finance', 'expenses', '[]', 1],
        ['hr', 'leave', '30', 1],
      ]);
    });

    it('holds any text', async () => {
      const { memory } = context.store;
      const address = anAddress({ key: 'half \uD800 and \u0000', subject: `😀 ${newId()}` });
      await put(address, '"Grüße 👋 \u0000"');
      expect((await memory.get(address)).value).toBe('"Grüße 👋 \uFFFD"');
      expect((await memory.get(address)).key).toBe('half \uFFFD and \uFFFD');
    });
  });
}
