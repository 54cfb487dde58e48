import { describe, expect, it, jest } from '@jest/globals';
import { LEASE_MS, registryFixture } from '../../testing/registry-fixture.ts';

describe('the agents of a server', () => {
  const fixture = registryFixture();
  const { restart, register, beat, stateOf, pass } = fixture;

  describe('and their leases', () => {
    it('go offline when no heartbeat came for two of them', async () => {
      await register();
      pass(LEASE_MS - 1);
      expect(stateOf('echo')).toBe('online');
      expect(pass(1)).toEqual([{ agentId: 'echo', offlineForMs: 0 }]);
      expect(stateOf('echo')).toBe('offline');
      expect(fixture.updates.at(-1)).toMatchObject({ agents: [{ agentId: 'echo', state: 'offline' }] });
      expect(pass(700)).toEqual([{ agentId: 'echo', offlineForMs: 700 }]);
    });

    it('stay online with each heartbeat, and come back with the next', async () => {
      await register();
      for (let beats = 0; beats < 5; beats++) {
        pass(LEASE_MS - 1);
        beat('echo', 1);
      }
      expect(stateOf('echo')).toBe('online');
      pass(LEASE_MS);
      expect(stateOf('echo')).toBe('offline');
      beat('echo', 1);
      expect(stateOf('echo')).toBe('online');
      expect(pass(0)).toEqual([]);
    });

    it('go offline soon after their stream has ended, unless they open it again', async () => {
      await register();
      fixture.agents.setConnected('echo', 1, false);
      pass(999);
      fixture.agents.setConnected('echo', 1, true);
      pass(LEASE_MS - 1);
      expect(stateOf('echo')).toBe('online');
      beat('echo', 1);
      fixture.agents.setConnected('echo', 1, false);
      pass(999);
      expect(stateOf('echo')).toBe('online');
      pass(1);
      expect(stateOf('echo')).toBe('offline');
    });

    it('stand still when their lease runs out before their stream ends, until they are heard again', async () => {
      const standsStill = (): boolean | undefined => fixture.agents.claims(['echo'])[0]?.standsStill;
      await register();
      pass(LEASE_MS);
      // A member that has no stream: nobody can tell whether it has died.
      expect(standsStill()).toBe(false);
      fixture.agents.setConnected('echo', 1, true);
      beat('echo', 1);
      pass(LEASE_MS);
      expect(standsStill()).toBe(true);
      // The ping on its connection fails later.
      fixture.agents.setConnected('echo', 1, false);
      pass(1);
      expect(standsStill()).toBe(true);
      fixture.agents.setConnected('echo', 1, true);
      beat('echo', 1);
      fixture.agents.setConnected('echo', 1, false);
      pass(LEASE_MS);
      expect(standsStill()).toBe(false);
    });

    it('are offline at once when they unregister, and an operator cannot bring them back', async () => {
      await register();
      await fixture.agents.unregister('echo', 1);
      expect(stateOf('echo')).toBe('offline');
      await fixture.agents.want('echo', 'online');
      expect(stateOf('echo')).toBe('offline');
    });

    it('have their load told when it or their work has changed, and not with every heartbeat', async () => {
      await register();
      const { revision } = fixture.agents;
      fixture.updates = [];
      beat('echo', 1);
      expect(fixture.loads).toEqual([]);
      beat('echo', 1, { load: 0.5 });
      beat('echo', 1, { load: 0.5, metrics: { handled: 1, failed: 0, meanHandleMs: 7 } });
      beat('echo', 1, { load: 0.5, metrics: { handled: 1, failed: 1, meanHandleMs: 7 } });
      expect(fixture.loads).toEqual(
        [
          { load: 0.5, metrics: { handled: 0, failed: 0, meanHandleMs: 0 } },
          { load: 0.5, metrics: { handled: 1, failed: 0, meanHandleMs: 7 } },
          { load: 0.5, metrics: { handled: 1, failed: 1, meanHandleMs: 7 } },
        ].map((busy) => ({ agentId: 'echo', lastSeen: expect.any(String), ...busy })),
      );
      expect(fixture.updates).toEqual([]);
      expect(fixture.agents.revision).toBe(revision);
    });

    it('have their load told with their state, where that changes too', async () => {
      await register();
      fixture.updates = [];
      beat('echo', 1, { load: 0.5, state: 'draining' });
      expect(fixture.updates).toMatchObject([{ agents: [{ state: 'draining', load: 0.5 }] }]);
      expect(fixture.loads).toEqual([]);
    });

    it('are draining while they say so', async () => {
      await register();
      expect(beat('echo', 1, { state: 'draining' })).toEqual({ state: 'online' });
      expect(stateOf('echo')).toBe('draining');
    });
  });

  describe('after a restart of the server', () => {
    it('have one lease to come back before they count as offline', async () => {
      await register();
      await restart();
      pass(LEASE_MS - 1);
      expect(stateOf('echo')).toBe('online');
      beat('echo', 1);
      pass(LEASE_MS - 1);
      expect(stateOf('echo')).toBe('online');
      pass(1);
      expect(stateOf('echo')).toBe('offline');
    });

    it('do not stay draining: their process is gone, or will say so again', async () => {
      await register();
      beat('echo', 1, { state: 'draining' });
      await restart();
      expect(stateOf('echo')).toBe('online');
    });

    it('are still offline that were offline, for as long as they have been', async () => {
      await register();
      await fixture.agents.unregister('echo', 1);
      const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
      try {
        await restart();
      } finally {
        later.mockRestore();
      }
      const [gone] = fixture.agents.expire();
      expect(gone?.offlineForMs).toBeGreaterThanOrEqual(60_000);
      expect(pass(500)[0]?.offlineForMs).toBe((gone?.offlineForMs ?? 0) + 500);
    });

    it('do not come back when they were forgotten', async () => {
      await register();
      await fixture.agents.forget('echo');
      expect(fixture.updates.at(-1)).toMatchObject({ agents: [], isFull: false, removed: ['echo'] });
      expect(fixture.agents.list()).toEqual([]);
      await restart();
      expect(fixture.agents.list()).toEqual([]);
    });
  });
});
