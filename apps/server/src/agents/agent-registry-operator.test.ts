import { describe, expect, it, jest } from '@jest/globals';
import { newId, ParleyError } from '@parley/shared-models';
import { LEASE_MS, registryFixture } from '../../testing/registry-fixture.ts';
import type { WantedChange } from './agent-registry.ts';

describe('the agents of a server', () => {
  const fixture = registryFixture();
  const { restart, register, beat, stateOf, pass } = fixture;

  describe('that an operator controls', () => {
    it('are told with their next heartbeat what is wanted of them', async () => {
      await register();
      await fixture.agents.want('echo', 'paused');
      expect(stateOf('echo')).toBe('paused');
      expect(beat('echo', 1)).toEqual({ state: 'paused' });
      await fixture.agents.want('echo', 'offline');
      expect(beat('echo', 1)).toEqual({ state: 'paused' });
      expect(stateOf('echo')).toBe('offline');
      await fixture.agents.want('echo', 'online');
      expect(beat('echo', 1)).toEqual({ state: 'online' });
      expect(stateOf('echo')).toBe('online');
    });

    it('are refused when there is no such agent', async () => {
      await expect(fixture.agents.want('zeus', 'paused')).rejects.toMatchObject({ code: 'unknown_agent' });
    });

    it('stay as they are when what is wanted of them cannot be stored', async () => {
      await register();
      fixture.updates = [];
      const wanted: WantedChange[] = [];
      fixture.agents.onWanted((change) => wanted.push(change));
      const error = new ParleyError('store_unavailable', 'The store is away.');
      jest.spyOn(fixture.store, 'setWantedAgentState').mockRejectedValueOnce(error);
      const refused = fixture.agents.want('echo', 'paused');
      expect(beat('echo', 1)).toEqual({ state: 'online' });
      await expect(refused).rejects.toBe(error);
      expect(beat('echo', 1)).toEqual({ state: 'online' });
      expect(stateOf('echo')).toBe('online');
      expect([fixture.updates, wanted]).toEqual([[], []]);
      await fixture.agents.want('echo', 'paused');
      expect([stateOf('echo'), wanted.length]).toEqual(['paused', 1]);
    });

    it('stay paused when they register again', async () => {
      await register();
      await fixture.agents.want('echo', 'paused');
      expect((await register('echo', { isExclusive: true })).state).toBe('paused');
    });

    it('stay off the list when they register again, and keep their id', async () => {
      const instanceId = newId();
      await register('echo', { instanceId });
      await fixture.agents.want('echo', 'offline');
      expect((await register()).agentId).toBe('echo-2');
      expect(await register('echo', { instanceId })).toMatchObject({ agentId: 'echo', state: 'paused' });
      expect(stateOf('echo')).toBe('offline');
      expect(pass(0)).toMatchObject([{ agentId: 'echo' }]);
    });

    it('stay off the list over a restart of the server, until they are wanted again', async () => {
      await register();
      await fixture.agents.want('echo', 'offline');
      const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
      try {
        await restart();
      } finally {
        later.mockRestore();
      }
      // It has as long as others before it is forgotten.
      expect(pass(0)).toEqual([{ agentId: 'echo', offlineForMs: 0 }]);
      expect(beat('echo', 1)).toEqual({ state: 'paused' });
      expect(stateOf('echo')).toBe('offline');
      await restart();
      expect((await register()).state).toBe('paused');
      await fixture.agents.want('echo', 'online');
      expect(stateOf('echo')).toBe('online');
      await restart();
      expect((await register()).state).toBe('online');
    });

    it('are not forgotten at once when their stream ends long after they were taken off the list', async () => {
      await register();
      await fixture.agents.want('echo', 'offline');
      expect(pass(600_000)).toEqual([{ agentId: 'echo', offlineForMs: 600_000 }]);
      fixture.agents.setConnected('echo', 1, false);
      expect(pass(10)).toEqual([{ agentId: 'echo', offlineForMs: 10 }]);
    });

    it('stay paused over a restart of the server', async () => {
      await register();
      await fixture.agents.want('echo', 'paused');
      await restart();
      expect(stateOf('echo')).toBe('paused');
      expect(beat('echo', 1)).toEqual({ state: 'paused' });
    });

    it('stay paused over a restart of the server while they are away themselves', async () => {
      await register();
      await fixture.agents.want('echo', 'paused');
      pass(LEASE_MS);
      expect(stateOf('echo')).toBe('offline');
      await restart();
      pass(LEASE_MS);
      expect(stateOf('echo')).toBe('offline');
      expect((await register()).state).toBe('paused');
    });

    it('can be resumed while they are away, and do not count as there by that', async () => {
      await register();
      await fixture.agents.want('echo', 'paused');
      pass(LEASE_MS);
      await fixture.agents.want('echo', 'online');
      expect(stateOf('echo')).toBe('offline');
      await restart();
      expect(stateOf('echo')).toBe('offline');
      expect((await register()).state).toBe('online');
    });
  });
});
