import { describe, expect, it } from '@jest/globals';
import { isAsNewAs, newId } from '@parley/shared-models';
import { ECHO, HEARTBEAT_MS, LEASE_MS, registryFixture } from '../../testing/registry-fixture.ts';

describe('the agents of a server', () => {
  const fixture = registryFixture();
  const { restart, register, beat, stateOf, pass } = fixture;

  describe('that register', () => {
    it('get their id, an incarnation and a heartbeat, and are told of', async () => {
      expect(await register()).toEqual({
        agentId: 'echo',
        incarnation: 1,
        heartbeatMs: HEARTBEAT_MS,
        state: 'online',
      });
      const status = {
        agentId: 'echo',
        agentName: 'Echo',
        group: 'echo',
        keywords: ['say'],
        state: 'online',
        incarnation: 1,
      };
      expect(fixture.agents.list()).toMatchObject([status]);
      expect(fixture.updates).toMatchObject([{ agents: [status], isFull: false, removed: [] }]);
    });

    it('make the list newer, which is told with them', async () => {
      const before = fixture.agents.revision;
      await register();
      const [{ revision = '' } = {}] = fixture.updates;
      expect(revision).toBe(fixture.agents.revision);
      expect(isAsNewAs(before, revision)).toBe(false);
      expect(isAsNewAs(revision, before)).toBe(true);
    });

    it('are told of as soon as they are on the list', async () => {
      let isOver = false;
      const registered = register().finally(() => {
        isOver = true;
      });
      while (!isOver) {
        expect(fixture.updates).toHaveLength(fixture.agents.list().length);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await registered;
      expect(fixture.updates).toHaveLength(1);
    });

    it('have their queue before anybody is told of them', async () => {
      const declared = Promise.withResolvers<void>();
      fixture.declaring = (agentId) => (agentId === 'echo' ? declared.promise : Promise.resolve());
      const registered = register();
      // Long enough for a registration that does not wait for its queue.
      await register('other');
      fixture.updates = fixture.updates.filter(({ agents }) =>
        agents.some(({ agentId }) => agentId === 'echo'),
      );
      expect(fixture.updates).toEqual([]);
      declared.resolve();
      await registered;
      expect(fixture.updates).toHaveLength(1);
    });

    it('get the next free id when a live process has the one they want', async () => {
      await register();
      expect((await register()).agentId).toBe('echo-2');
      expect((await register()).agentId).toBe('echo-3');
    });

    it('get different ids when they register at once', async () => {
      const responses = await Promise.all([register(), register(), register()]);
      expect(responses.map(({ agentId }) => agentId)).toEqual(['echo', 'echo-2', 'echo-3']);
    });

    it('keep their id when the same process registers again', async () => {
      const instanceId = newId();
      await register('echo', { instanceId });
      expect(await register('echo', { instanceId })).toMatchObject({ agentId: 'echo', incarnation: 2 });
    });

    it('keep their id when the same process asks again before it was answered', async () => {
      const instanceId = newId();
      const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const pending = [first, second];
      fixture.declaring = () => pending.shift()?.promise ?? Promise.resolve();
      const [unheard, answered] = [register('echo', { instanceId }), register('echo', { instanceId })];
      second.resolve();
      const response = await answered;
      expect(response).toMatchObject({ agentId: 'echo' });
      first.resolve();
      await expect(unheard).rejects.toMatchObject({ code: 'unavailable' });
      expect(beat('echo', response.incarnation)).toEqual({ state: 'online' });
    });

    it('get the id of one that is offline', async () => {
      const { incarnation } = await register();
      await fixture.agents.unregister('echo', incarnation);
      expect(await register()).toMatchObject({ agentId: 'echo', incarnation: 2 });
    });

    it('get the id of one that was silent for too long', async () => {
      await register();
      pass(LEASE_MS);
      expect(await register()).toMatchObject({ agentId: 'echo', incarnation: 2 });
    });

    it('get the id of one whose stream has ended, since it may be the one that was started again', async () => {
      const { incarnation } = await register();
      fixture.agents.setConnected('echo', incarnation, false);
      expect(await register()).toMatchObject({ agentId: 'echo', incarnation: 2 });
    });

    it('do not get the id of one that executes commands on another machine, whether it is there or not', async () => {
      const at = (host?: string, isExclusive = false) =>
        fixture.agents.register({
          agentId: 'shell',
          isExclusive,
          instanceId: newId(),
          profile: { ...ECHO, ...(host === undefined ? {} : { host }) },
        });
      const { incarnation } = await at('one');
      await fixture.agents.unregister('shell', incarnation);
      expect((await at('two')).agentId).toBe('shell-2');
      await restart();
      expect((await at()).agentId).toBe('shell-3');
      expect((await at('one')).agentId).toBe('shell');
      expect((await at('two', true)).agentId).toBe('shell');
    });

    it('leave the id free when they could not be registered', async () => {
      fixture.declaring = () => Promise.reject(new Error('no queue'));
      await expect(register()).rejects.toThrow('no queue');
      fixture.declaring = async () => {};
      expect(await register()).toMatchObject({ agentId: 'echo', incarnation: 1 });
    });
  });

  describe('whose id another process takes over', () => {
    it('are refused with all that they say', async () => {
      await register();
      expect(await register('echo', { isExclusive: true })).toMatchObject({
        agentId: 'echo',
        incarnation: 2,
      });
      const stale = expect.objectContaining({ code: 'stale_incarnation' });
      expect(() => beat('echo', 1)).toThrow(stale);
      expect(() => fixture.agents.require('echo', 1)).toThrow(stale);
      await expect(fixture.agents.unregister('echo', 1)).rejects.toEqual(stale);
      fixture.agents.setConnected('echo', 1, false);
      pass(LEASE_MS - 1);
      expect(stateOf('echo')).toBe('online');
    });

    it('are told apart from those that this server does not know', async () => {
      const unknown = expect.objectContaining({ code: 'not_registered' });
      expect(() => beat('echo', 1)).toThrow(unknown);
      await register();
      expect(() => beat('echo', 2)).toThrow(unknown);
    });

    it('keep growing in incarnations, over restarts of the server and over being forgotten', async () => {
      await register();
      await restart();
      expect((await register('echo', { isExclusive: true })).incarnation).toBe(2);
      await fixture.agents.forget('echo');
      await restart();
      expect((await register()).incarnation).toBe(3);
    });
  });
});
