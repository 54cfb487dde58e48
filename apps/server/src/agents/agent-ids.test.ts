import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { LEASE_MS, MAX_AGENTS, registryFixture } from '../../testing/registry-fixture.ts';

describe('the id of an agent', () => {
  const fixture = registryFixture();
  const { restart, register, beat, stateOf, pass } = fixture;
  const token = { agentId: 'db', group: 'g', tokenId: newId(), expiresAt: Date.now() / 1000 + 3600 };
  const taken = { code: 'id_taken' };
  /** Names belong to a group, too. */
  const of = (group: string, more: { host?: string } = {}) => ({ profile: { group, name: group, ...more } });
  const victims = of('victims', { host: 'h1' });
  const attackers = of('attackers', { host: 'h1' });

  /** States of the agent that has the id: there, silent, gone, and known from the store only. */
  const states: [string, (incarnation: number) => unknown][] = [
    ['there', () => undefined],
    ['silent', () => pass(LEASE_MS)],
    ['cut off', (incarnation) => fixture.agents.setConnected('db-2', incarnation, false)],
    ['unregistered', (incarnation) => fixture.agents.unregister('db-2', incarnation)],
    ['known from before a restart', () => restart()],
    ['forgotten', () => fixture.agents.forget('db-2')],
    [
      'registered at another server',
      () => fixture.agents.hear('other', { agents: [], removed: ['db-2'] }, 0),
    ],
  ];
  describe.each(states)('that is %s', (_, become) => {
    it('is never given to another group that asked for another one', async () => {
      const { incarnation } = await register('db-2', victims);
      await register('db', attackers);
      await become(incarnation);
      const given = await Promise.all([1, 2, 3].map(() => register('db', attackers)));
      expect(given.map(({ agentId }) => agentId)).not.toContain('db-2');
      expect(given.every(({ agentId }) => /^db(-\d)?$/.test(agentId))).toBe(true);
    });
  });

  it.each(states.filter(([name]) => name !== 'forgotten'))(
    'that is %s is not taken over by another group, whatever its process says',
    async (_, become) => {
      const { incarnation } = await register('db-2', victims);
      await become(incarnation);
      for (const how of [{ isExclusive: true }, { token }, { isExclusive: true, token }])
        await expect(register('db-2', { ...attackers, ...how })).rejects.toMatchObject(taken);
      expect(await register('db-2', { ...victims, isExclusive: true })).toMatchObject({ agentId: 'db-2' });
    },
  );

  it('may be had by another group once it was forgotten, by a process that asks for this very one', async () => {
    await register('db', victims);
    await fixture.agents.forget('db');
    expect(await register('db', { ...attackers, token })).toMatchObject({ incarnation: 2 });
  });

  it('is kept by its process, also when that says it is of another group now', async () => {
    const instanceId = newId();
    await register('echo', { instanceId, ...of('one') });
    expect(await register('echo', { instanceId, ...of('two') })).toMatchObject({
      agentId: 'echo',
      incarnation: 2,
    });
    expect((await register('echo', of('one'))).agentId).toBe('echo-2');
  });

  it('is that of its token and no other, as long as another process has it', async () => {
    const { incarnation } = await register('db', { token });
    await expect(register('db', { token })).rejects.toMatchObject(taken);
    expect(fixture.agents.list().map(({ agentId }) => agentId)).toEqual(['db']);
    await fixture.agents.unregister('db', incarnation);
    // The token decides the owner, not the machine that the process names.
    expect((await register('db', { token, profile: { host: 'another' } })).agentId).toBe('db');
    expect((await register('db', { token, isExclusive: true })).agentId).toBe('db');
    expect(fixture.agents.list()).toHaveLength(1);
  });

  it('is given to no more agents than the server may have, also to those that register at once', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: MAX_AGENTS + 3 }, () => register('flood')),
    );
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toMatchObject(Array(3).fill({ reason: { code: 'too_many_members' } }));
    expect(fixture.agents.list()).toHaveLength(MAX_AGENTS);
    await fixture.agents.forget('flood-2');
    expect((await register('flood')).agentId).toBe('flood-2');
  });

  it('is lost for good to a process that was replaced: it does not come back, under this id or another', async () => {
    const [first, second] = [newId(), newId()];
    await register('fx', { instanceId: first });
    await register('fx', { instanceId: second, isExclusive: true });
    for (const isExclusive of [false, true])
      await expect(register('fx', { instanceId: first, isExclusive })).rejects.toMatchObject({
        code: 'stale_incarnation',
      });
    expect(beat('fx', 2)).toEqual({ state: 'online' });
    expect(stateOf('fx-2')).toBeUndefined();
  });

  it.each(['expires', 'is revoked'])(
    'goes offline when its token %s, and its process is not heard any more',
    async (how) => {
      const expiresAt = Date.now() / 1000 + (how === 'expires' ? 0 : 3600);
      const instanceId = newId();
      await register('db', { instanceId, token: { ...token, expiresAt } });
      if (how === 'is revoked') fixture.revoked.add(token.tokenId);
      pass(0);
      expect(stateOf('db')).toBe('offline');
      expect(fixture.agents.get('db')?.firstIncarnation).toBe(2);
      expect(fixture.agents.claims(['db'])).toMatchObject([{ firstIncarnation: 2, isAlive: false }]);
      const another = { ...token, tokenId: newId() };
      expect(await register('db', { instanceId, token: another })).toMatchObject({ incarnation: 2 });
      pass(0);
      expect(stateOf('db')).toBe('online');
    },
  );
});
