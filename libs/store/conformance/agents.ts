import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { aProfile } from './samples.ts';
import type { Context } from './store-fixture.ts';

const anId = (): string => `agent-${newId()}`;

export function describeAgents(context: Context): void {
  const find = async (agentId: string) =>
    (await context.store.listAgents()).find((agent) => agent.agentId === agentId);

  describe('agents', () => {
    it('are registered online with incarnation 1', async () => {
      const agentId = anId();
      const profile = aProfile();
      const started = Date.now();
      const stored = await context.store.registerAgent(agentId, profile);
      expect(stored).toEqual({
        agentId,
        profile,
        state: 'online',
        wanted: 'online',
        incarnation: 1,
        lastSeen: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      });
      expect(Math.abs(Date.parse(stored.lastSeen) - started)).toBeLessThan(60_000);
      expect(await find(agentId)).toEqual(stored);
    });

    it('get one incarnation more with each registration, and the newest profile', async () => {
      const { store } = context;
      const agentId = anId();
      await store.registerAgent(agentId, aProfile('Old'));
      await store.setAgentState(agentId, 'offline');
      const again = await store.registerAgent(agentId, aProfile('New'));
      expect(again).toMatchObject({ incarnation: 2, state: 'online', profile: { name: 'New' } });
    });

    it('keep their group, also when they were removed, unless whoever registers them knows that group', async () => {
      const { store } = context;
      const agentId = anId();
      const [old, other] = [aProfile('Old'), aProfile('Other')];
      expect(await store.findAgentGroup(agentId)).toBeUndefined();
      expect(await store.registerAgent(agentId, old, other.group)).toMatchObject({ incarnation: 1 });
      const taken = expect.objectContaining({ code: 'id_taken' });
      await expect(store.registerAgent(agentId, other, other.group)).rejects.toEqual(taken);
      expect(await find(agentId)).toMatchObject({ profile: old, incarnation: 1 });
      await store.removeAgent(agentId, 1);
      await expect(store.registerAgent(agentId, other, other.group)).rejects.toEqual(taken);
      expect(await store.findAgentGroup(agentId)).toEqual({ group: old.group, isRemoved: true });
      expect(await store.registerAgent(agentId, other, old.group)).toMatchObject({ incarnation: 2 });
      expect(await store.findAgentGroup(agentId)).toEqual({ group: other.group, isRemoved: false });
    });

    it('never share an incarnation, whoever registers them at once', async () => {
      const { store } = context;
      const other = await context.open();
      const agentId = anId();
      const stored = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          (index % 2 === 0 ? store : other).registerAgent(agentId, aProfile()),
        ),
      );
      expect(stored.map(({ incarnation }) => incarnation).toSorted((a, b) => a - b)).toEqual([
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
      ]);
    });

    it.each(['online', 'paused', 'draining', 'offline'] as const)('keep the state %s', async (state) => {
      const { store } = context;
      const agentId = anId();
      await store.registerAgent(agentId, aProfile());
      await store.setAgentState(agentId, state);
      expect(await find(agentId)).toMatchObject({ state, incarnation: 1 });
    });

    it.each(['online', 'paused', 'offline'] as const)(
      'stay wanted %s when their state changes and when they register again',
      async (wanted) => {
        const { store } = context;
        const agentId = anId();
        await store.registerAgent(agentId, aProfile());
        await store.setWantedAgentState(agentId, wanted);
        await store.setAgentState(agentId, 'draining');
        expect(await find(agentId)).toMatchObject({ state: 'draining', wanted });
        expect(await store.registerAgent(agentId, aProfile())).toMatchObject({
          state: 'online',
          wanted,
          incarnation: 2,
        });
      },
    );

    it('are seen when they go online, not when they are found to be offline', async () => {
      const { store } = context;
      const agentId = anId();
      const { lastSeen } = await store.registerAgent(agentId, aProfile());
      while (Date.now() <= Date.parse(lastSeen) + 1) await new Promise((resolve) => setImmediate(resolve));
      await store.setAgentState(agentId, 'offline');
      expect((await find(agentId))?.lastSeen).toBe(lastSeen);
      await store.setAgentState(agentId, 'online');
      expect(Date.parse((await find(agentId))?.lastSeen ?? '')).toBeGreaterThan(Date.parse(lastSeen));
    });

    it('go off the list when they are removed, and come back online with a larger incarnation', async () => {
      const { store } = context;
      const agentId = anId();
      await store.registerAgent(agentId, aProfile());
      await store.setWantedAgentState(agentId, 'paused');
      expect(await store.removeAgent(agentId, 1)).toBe(true);
      expect(await find(agentId)).toBeUndefined();
      await store.setAgentState(agentId, 'online');
      await store.setWantedAgentState(agentId, 'offline');
      expect(await find(agentId)).toBeUndefined();
      expect(await store.registerAgent(agentId, aProfile())).toMatchObject({
        incarnation: 2,
        state: 'online',
        wanted: 'online',
      });
    });

    it('are removed once or again, but not when they have registered anew', async () => {
      const { store } = context;
      const agentId = anId();
      await store.registerAgent(agentId, aProfile());
      expect(await store.removeAgent(agentId, 1)).toBe(true);
      expect(await store.removeAgent(agentId, 1)).toBe(true);
      await store.registerAgent(agentId, aProfile());
      await store.setWantedAgentState(agentId, 'paused');
      expect(await store.removeAgent(agentId, 1)).toBe(false);
      expect(await find(agentId)).toMatchObject({ incarnation: 2, state: 'online', wanted: 'paused' });
    });

    it('may be unknown where a state is set or one is removed', async () => {
      const { store } = context;
      await expect(store.setAgentState(anId(), 'online')).resolves.toBeUndefined();
      await expect(store.setWantedAgentState(anId(), 'paused')).resolves.toBeUndefined();
      await expect(store.removeAgent(anId(), 1)).resolves.toBe(false);
    });

    it('are listed by id', async () => {
      const { store } = context;
      const ids = [anId(), anId(), anId()];
      for (const agentId of ids.toReversed()) await store.registerAgent(agentId, aProfile());
      const listed = (await store.listAgents())
        .map(({ agentId }) => agentId)
        .filter((id) => ids.includes(id));
      expect(listed).toEqual(ids);
    });
  });
}
