import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import type { NewStoredTask, StoredTask, TaskHolder } from '../src/ports/tasks.ts';
import type { Context } from './store-fixture.ts';

const LEASE_MS = 60_000;

function aTask(fields: Partial<NewStoredTask> = {}): NewStoredTask {
  return {
    id: newId(),
    group: `planner-${newId()}`,
    conversationId: newId(),
    ownerId: `ada-${newId()}`,
    isOpen: true,
    document: '{"title":"Aktien \\u0000 \\ud83d für 漢"}',
    view: '{"view":"Aktien \\u0000 \\ud83d für 漢"}',
    ...fields,
  };
}
const holder = (agentId = 'planner', incarnation = 1): TaskHolder => ({ agentId, incarnation });

export function describeTasks(context: Context): void {
  describe('tasks', () => {
    const added = async (fields: Partial<NewStoredTask> = {}): Promise<StoredTask> =>
      (await context.store.tasks.add(aTask(fields))).task;
    const claim = (group: string, who = holder(), leaseMs = LEASE_MS, limit = 10): Promise<StoredTask[]> =>
      context.store.tasks.claim({ group, holder: who, leaseMs, limit });
    const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

    it('are kept as they were added, with version 1, also for another process', async () => {
      const task = aTask();
      const { task: stored, isDuplicate } = await context.store.tasks.add(task);
      expect(isDuplicate).toBe(false);
      const { view: _, ...known } = task;
      expect(stored).toEqual({ ...known, version: 1, token: 0 });
      const another = await context.open();
      expect(await another.tasks.get(task.id)).toEqual(stored);
      expect(await another.tasks.get(newId())).toBeUndefined();
    });

    it('are added once for each id, also at the same moment', async () => {
      const task = aTask();
      const another = await context.open();
      const outcomes = await Promise.all([
        context.store.tasks.add(task),
        another.tasks.add({ ...task, document: '{}' }),
        context.store.tasks.add(task),
      ]);
      expect(outcomes.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(1);
      expect(new Set(outcomes.map((outcome) => outcome.task.document)).size).toBe(1);
    });

    it('are saved by who knows the version, and by nobody else', async () => {
      const { tasks } = context.store;
      const { id } = await added();
      const saved = await tasks.save({
        id,
        document: '{"n":1}',
        view: '{}',
        isOpen: true,
        expectedVersion: 1,
      });
      expect(saved).toMatchObject({ version: 2, document: '{"n":1}' });
      const late = tasks.save({ id, document: '{"n":2}', view: '{}', isOpen: true, expectedVersion: 1 });
      await expect(late).rejects.toMatchObject({ code: 'id_conflict', details: { version: 2, token: 0 } });
      expect(await tasks.get(id)).toMatchObject({ version: 2, document: '{"n":1}' });
      const unknown = tasks.save({
        id: newId(),
        document: '{}',
        view: '{}',
        isOpen: true,
        expectedVersion: 1,
      });
      await expect(unknown).rejects.toMatchObject({ code: 'not_found' });
    });

    it('let one of several savers through who know the same version', async () => {
      const { id } = await added();
      const another = await context.open();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, n) =>
          (n % 2 === 0 ? context.store : another).tasks.save({
            id,
            document: `{"n":${n}}`,
            view: '{}',
            isOpen: true,
            expectedVersion: 1,
          }),
        ),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await context.store.tasks.get(id))?.version).toBe(2);
    });

    it('take the same save a second time for the first', async () => {
      const { tasks } = context.store;
      const { id } = await added();
      const save = { id, document: '{"n":1}', view: '{}', isOpen: true, expectedVersion: 1 };
      const first = await tasks.save(save);
      expect(await tasks.save(save)).toEqual(first);
    });

    it('are claimed by one holder each, the oldest first, only of the group and only open ones', async () => {
      const group = `planner-${newId()}`;
      const first = await added({ group });
      const second = await added({ group });
      await added({ group, isOpen: false });
      await added();
      const claimed = await claim(group, holder(), LEASE_MS, 1);
      expect(claimed).toEqual([{ ...first, token: 1 }]);
      expect(await claim(group, holder('planner-2'))).toEqual([{ ...second, token: 1 }]);
      expect(await claim(group, holder('planner-3'))).toEqual([]);
    });

    it('go to one of those who claim at the same moment', async () => {
      const group = `planner-${newId()}`;
      for (let count = 0; count < 10; count++) await added({ group });
      const another = await context.open();
      const claims = await Promise.all(
        Array.from({ length: 6 }, (_, n) =>
          (n % 2 === 0 ? context.store : another).tasks.claim({
            group,
            holder: holder(`planner-${n}`),
            leaseMs: LEASE_MS,
            limit: 4,
          }),
        ),
      );
      const ids = claims.flat().map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    });

    it('can be claimed again when the lease has run out, and fence off who held it', async () => {
      const { tasks } = context.store;
      const { id, group } = await added();
      await claim(group, holder('one'), 0);
      await tick();
      expect(await claim(group, holder('two'))).toMatchObject([{ id, token: 2, version: 1 }]);
      const save = { id, document: '{}', view: '{}', isOpen: true, expectedVersion: 1 };
      await expect(tasks.save({ ...save, token: 1 })).rejects.toMatchObject({ code: 'id_conflict' });
      expect(await tasks.renew({ leases: [{ id, token: 1 }], leaseMs: LEASE_MS })).toEqual([]);
      await tasks.release(id, 1);
      expect(await claim(group, holder('three'))).toEqual([]);
      expect(await tasks.save({ ...save, token: 2 })).toMatchObject({ version: 2 });
    });

    it('can be claimed at once by the process that replaced the holder, and by no other one', async () => {
      const { id, group } = await added();
      await claim(group, holder('planner', 3));
      expect(await claim(group, holder('planner', 3))).toEqual([]);
      expect(await claim(group, holder('planner', 2))).toEqual([]);
      expect(await claim(group, holder('another', 4))).toEqual([]);
      expect(await claim(group, holder('planner', 4))).toMatchObject([{ id, token: 2 }]);
    });

    it('stay with who renews the lease, and tell the version that they have meanwhile', async () => {
      const { tasks } = context.store;
      const { id, group } = await added();
      await claim(group, holder('one'), 0);
      expect(await tasks.renew({ leases: [{ id, token: 1 }], leaseMs: LEASE_MS })).toEqual([
        { id, version: 1 },
      ]);
      await tick();
      expect(await claim(group, holder('two'))).toEqual([]);
      await tasks.save({ id, document: '{}', view: '{}', isOpen: true, expectedVersion: 1 });
      expect(await tasks.renew({ leases: [{ id, token: 1 }], leaseMs: LEASE_MS })).toEqual([
        { id, version: 2 },
      ]);
    });

    it('are free when they are released', async () => {
      const { tasks } = context.store;
      const { id, group } = await added();
      await claim(group);
      await tasks.release(id, 1);
      expect(await claim(group, holder('two'))).toMatchObject([{ id, token: 2 }]);
    });

    it('that are closed are held by nobody, and can be claimed when they are opened again', async () => {
      const { tasks } = context.store;
      const { id, group } = await added();
      await claim(group);
      await tasks.save({ id, document: '{}', view: '{}', isOpen: false, expectedVersion: 1, token: 1 });
      expect(await tasks.renew({ leases: [{ id, token: 1 }], leaseMs: LEASE_MS })).toEqual([]);
      expect(await claim(group, holder('two'))).toEqual([]);
      await tasks.save({ id, document: '{"n":2}', view: '{}', isOpen: true, expectedVersion: 2 });
      expect(await claim(group, holder('two'))).toMatchObject([{ id, token: 2, version: 3 }]);
    });

    it('are listed without their documents, as they were last saved', async () => {
      const { tasks } = context.store;
      const ownerId = `ada-${newId()}`;
      const conversationId = newId();
      const [one, other] = [aTask({ ownerId }), aTask({ ownerId, conversationId })];
      await tasks.add(one);
      await tasks.add(other);
      await tasks.save({ ...other, document: '{"n":2}', view: '{"n":2}', expectedVersion: 1 });
      const late = { ...other, document: '{"n":3}', view: '{"n":3}', expectedVersion: 1 };
      await expect(tasks.save(late)).rejects.toMatchObject({ code: 'id_conflict' });
      const second = { id: other.id, version: 2, view: '{"n":2}' };
      expect(await tasks.listViews({ ownerId, limit: 5 })).toEqual([
        second,
        { id: one.id, version: 1, view: one.view },
      ]);
      expect(await tasks.listViews({ ownerId, before: other.id, limit: 5 })).toHaveLength(1);
      expect(await tasks.listViews({ conversationId, ownerId, limit: 5 })).toEqual([second]);
      expect(await tasks.listViews({ conversationId, ownerId: 'nobody', limit: 5 })).toEqual([]);
    });

    it('are listed newest first, by owner, by conversation, or all', async () => {
      const { tasks } = context.store;
      const ownerId = `ada-${newId()}`;
      const conversationId = newId();
      const one = await added({ ownerId });
      const two = await added({ ownerId, conversationId });
      const three = await added({ ownerId });
      const other = await added({ conversationId });
      const idsOf = (found: StoredTask[]): string[] => found.map(({ id }) => id);
      expect(idsOf(await tasks.list({ ownerId, limit: 2 }))).toEqual([three.id, two.id]);
      expect(idsOf(await tasks.list({ ownerId, before: two.id, limit: 2 }))).toEqual([one.id]);
      expect(idsOf(await tasks.list({ conversationId, limit: 5 }))).toEqual([other.id, two.id]);
      expect(idsOf(await tasks.list({ ownerId, conversationId, limit: 5 }))).toEqual([two.id]);
      expect(idsOf(await tasks.list({ limit: 1 }))).toEqual([other.id]);
    });
  });
}
