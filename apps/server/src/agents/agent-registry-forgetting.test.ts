import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ParleyError } from '@parley/shared-models';
import { ECHO, registryFixture } from '../../testing/registry-fixture.ts';

describe('the agents of a server', () => {
  const fixture = registryFixture();
  const { restart, register, beat, stateOf } = fixture;
  const removed = (): string[] => fixture.updates.flatMap((update) => update.removed);

  describe('that are forgotten', () => {
    /** Changes to queues, in order. */
    let queues: string[];
    beforeEach(async () => {
      await register();
      await fixture.agents.unregister('echo', 1);
      fixture.updates = [];
      queues = [];
      fixture.declaring = async () => void queues.push('declared');
      fixture.deleting = async () => void queues.push('deleted');
    });

    it('are off the list, and their queue is gone', async () => {
      expect(await fixture.agents.forget('echo')).toBe(true);
      expect([fixture.agents.list(), removed(), queues]).toEqual([[], ['echo'], ['deleted']]);
      expect(await fixture.agents.forget('echo')).toBe(false);
    });

    it('stay, to be forgotten later, when the store is away', async () => {
      const error = new ParleyError('store_unavailable', 'The store is away.');
      jest.spyOn(fixture.store, 'removeAgent').mockRejectedValueOnce(error);
      await expect(fixture.agents.forget('echo')).rejects.toBe(error);
      expect([stateOf('echo'), removed(), queues]).toEqual(['offline', [], []]);
      expect(await fixture.agents.forget('echo')).toBe(true);
    });

    it('stay, to be forgotten later, when their queue could not be deleted', async () => {
      const deleting = fixture.deleting;
      fixture.deleting = () => Promise.reject(new Error('no queue'));
      await expect(fixture.agents.forget('echo')).rejects.toThrow('no queue');
      expect(stateOf('echo')).toBe('offline');
      expect(fixture.updates.at(-1)).toMatchObject({ agents: [{ agentId: 'echo' }], removed: [] });
      fixture.deleting = deleting;
      expect(await fixture.agents.forget('echo')).toBe(true);
      expect(queues).toEqual(['deleted']);
    });

    it('stay when they are about to register', async () => {
      const declared = Promise.withResolvers<void>();
      fixture.declaring = () => declared.promise;
      const registered = register();
      expect(await fixture.agents.forget('echo')).toBe(false);
      declared.resolve();
      expect(await registered).toMatchObject({ agentId: 'echo', incarnation: 2 });
      expect([removed(), queues]).toEqual([[], []]);
      await restart();
      expect(stateOf('echo')).toBe('online');
    });

    it('register anew when all that was theirs is gone', async () => {
      const remove = fixture.store.removeAgent;
      const away = Promise.withResolvers<void>();
      jest.spyOn(fixture.store, 'removeAgent').mockImplementationOnce(async (...args) => {
        await away.promise;
        return remove(...args);
      });
      const forgotten = fixture.agents.forget('echo');
      expect(() => beat('echo', 1)).toThrow(expect.objectContaining({ code: 'not_registered' }));
      const registered = register();
      // Long enough for a registration that does not wait.
      await register('other');
      expect(stateOf('echo')).toBeUndefined();
      queues = [];
      away.resolve();
      expect(await forgotten).toBe(true);
      expect(await registered).toMatchObject({ agentId: 'echo', incarnation: 2 });
      expect(queues).toEqual(['deleted', 'declared']);
      expect(fixture.updates.at(-1)).toMatchObject({ agents: [{ agentId: 'echo' }], removed: [] });
      await restart();
      expect(stateOf('echo')).toBe('online');
    });

    it('stay when they have registered at another server that has not told of it yet', async () => {
      await fixture.store.registerAgent('echo', ECHO);
      expect(await fixture.agents.forget('echo')).toBe(false);
      expect([stateOf('echo'), removed(), queues]).toEqual(['offline', [], []]);
      await restart();
      expect(stateOf('echo')).toBe('online');
    });
  });
});
