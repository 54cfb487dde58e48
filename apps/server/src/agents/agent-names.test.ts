import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { LEASE_MS, registryFixture } from '../../testing/registry-fixture.ts';

describe("an agent's name", () => {
  const fixture = registryFixture();
  const { register, pass } = fixture;
  const other = (name: string, group = 'attackers') => register('thief', { profile: { name, group } });

  it.each(['Echo', 'echo', 'Ｅｃｈｏ', 'Есһо'])(
    'is taken by no agent of another group, nor is %s in its place',
    async (name) => {
      await register();
      await expect(other(name)).rejects.toMatchObject({ code: 'forbidden' });
      expect(fixture.agents.list()).toHaveLength(1);
    },
  );

  it('is not taken by wishing for the id of the agent that has it', async () => {
    await register();
    await expect(register('echo', { profile: { group: 'attackers' } })).rejects.toThrow('group "echo"');
  });

  it('is shared by the agents of its group', async () => {
    await register();
    expect((await register('second', { profile: { name: 'ECHO' } })).agentId).toBe('second');
    expect((await other('Echo 2')).agentId).toBe('thief');
  });

  it('goes to one of two groups that want it at once', async () => {
    const asked = await Promise.allSettled([register(), other('Echo')]);
    expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('is kept for an agent that is silent, and free once it has left', async () => {
    const { incarnation } = await register();
    pass(LEASE_MS);
    await expect(other('Echo')).rejects.toThrow('group "echo"');
    await register();
    await fixture.agents.unregister('echo', incarnation + 1);
    expect((await other('Echo')).agentId).toBe('thief');
  });

  it('may change with the group of the same agent', async () => {
    const instanceId = newId();
    await register('echo', { instanceId });
    expect((await register('echo', { instanceId, profile: { group: 'second' } })).agentId).toBe('echo');
  });
});
