import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AgentStatusUpdate, HeartbeatRequest, RegisterAgentResponse } from '@parley/control-plane';
import { newId } from '@parley/shared-models';
import type { Store } from '@parley/store';
import { type Ground, makeGround, silent } from '../testing/server-fixture.ts';
import { type AgentRegistry, createAgentRegistry } from './agent-registry.ts';

const HEARTBEAT_MS = 5000;
const LEASE_MS = 10_000;

const profile = {
  name: 'Echo',
  group: 'echo',
  description: 'Says it again',
  capabilities: ['echo'],
  keywords: ['say'],
  examples: ['Say it again'],
  concurrency: 4,
};

describe('the agents of a server', () => {
  let ground: Ground;
  let store: Store;
  let clock: number;
  let agents: AgentRegistry;
  let updates: AgentStatusUpdate[];
  let declaring: (agentId: string) => Promise<void>;

  beforeEach(async () => {
    ground = await makeGround();
    store = ground.store;
    clock = 1_000_000;
    declaring = async () => {};
    agents = await restart();
  });
  afterEach(() => ground.remove());

  /** The registry of the next process on the same store. */
  async function restart(): Promise<AgentRegistry> {
    // Writes keep their order: with this one, those before it are done.
    await store.setAgentState('nobody', 'online');
    const registry = createAgentRegistry({
      store,
      logger: silent,
      heartbeatMs: HEARTBEAT_MS,
      declareQueue: (agentId) => declaring(agentId),
      clock: () => clock,
    });
    await registry.load();
    updates = [];
    registry.onChange((update) => updates.push(update));
    return registry;
  }

  const register = (
    agentId = 'echo',
    { instanceId = newId(), isExclusive = false } = {},
  ): Promise<RegisterAgentResponse> => agents.register({ agentId, isExclusive, instanceId, profile });
  const beat = (agentId: string, incarnation: number, more: Partial<HeartbeatRequest> = {}) =>
    agents.heartbeat({
      agentId,
      incarnation,
      load: 0,
      metrics: { handled: 0, failed: 0, meanHandleMs: 0 },
      state: 'online',
      ...more,
    });
  const stateOf = (agentId: string): string | undefined =>
    agents.list().find((agent) => agent.agentId === agentId)?.state;
  const pass = (ms: number): ReturnType<AgentRegistry['expire']> => {
    clock += ms;
    return agents.expire();
  };

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
      expect(agents.list()).toMatchObject([status]);
      expect(updates).toMatchObject([{ agents: [status], isFull: false, removed: [] }]);
    });

    it('have their queue before anybody is told of them', async () => {
      const declared = Promise.withResolvers<void>();
      declaring = (agentId) => (agentId === 'echo' ? declared.promise : Promise.resolve());
      const registered = register();
      // Long enough for a registration that does not wait for its queue.
      await register('other');
      updates = updates.filter(({ agents }) => agents.some(({ agentId }) => agentId === 'echo'));
      expect(updates).toEqual([]);
      declared.resolve();
      await registered;
      expect(updates).toHaveLength(1);
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
      declaring = () => pending.shift()?.promise ?? Promise.resolve();
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
      await agents.unregister('echo', incarnation);
      expect(await register()).toMatchObject({ agentId: 'echo', incarnation: 2 });
    });

    it('get the id of one that was silent for too long', async () => {
      await register();
      pass(LEASE_MS);
      expect(await register()).toMatchObject({ agentId: 'echo', incarnation: 2 });
    });

    it('get the id of one whose stream has ended, since it may be the one that was started again', async () => {
      const { incarnation } = await register();
      agents.setConnected('echo', incarnation, false);
      expect(await register()).toMatchObject({ agentId: 'echo', incarnation: 2 });
    });

    it('do not get the id of one that executes commands on another machine, whether it is there or not', async () => {
      const at = (host?: string, isExclusive = false) =>
        agents.register({
          agentId: 'shell',
          isExclusive,
          instanceId: newId(),
          profile: { ...profile, ...(host === undefined ? {} : { host }) },
        });
      const { incarnation } = await at('one');
      await agents.unregister('shell', incarnation);
      expect((await at('two')).agentId).toBe('shell-2');
      agents = await restart();
      expect((await at()).agentId).toBe('shell-3');
      expect((await at('one')).agentId).toBe('shell');
      expect((await at('two', true)).agentId).toBe('shell');
    });

    it('leave the id free when they could not be registered', async () => {
      declaring = () => Promise.reject(new Error('no queue'));
      await expect(register()).rejects.toThrow('no queue');
      declaring = async () => {};
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
      expect(() => agents.require('echo', 1)).toThrow(stale);
      await expect(agents.unregister('echo', 1)).rejects.toEqual(stale);
      agents.setConnected('echo', 1, false);
      pass(LEASE_MS - 1);
      expect(stateOf('echo')).toBe('online');
    });

    it('are told apart from those that this server does not know', async () => {
      const unknown = expect.objectContaining({ code: 'unknown_agent' });
      expect(() => beat('echo', 1)).toThrow(unknown);
      await register();
      expect(() => beat('echo', 2)).toThrow(unknown);
    });

    it('keep growing in incarnations, over restarts of the server and over being forgotten', async () => {
      await register();
      agents = await restart();
      expect((await register('echo', { isExclusive: true })).incarnation).toBe(2);
      await agents.forget('echo');
      agents = await restart();
      expect((await register()).incarnation).toBe(3);
    });
  });

  describe('and their leases', () => {
    it('go offline when no heartbeat came for two of them', async () => {
      await register();
      pass(LEASE_MS - 1);
      expect(stateOf('echo')).toBe('online');
      expect(pass(1)).toEqual([{ agentId: 'echo', offlineForMs: 0 }]);
      expect(stateOf('echo')).toBe('offline');
      expect(updates.at(-1)).toMatchObject({ agents: [{ agentId: 'echo', state: 'offline' }] });
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
      agents.setConnected('echo', 1, false);
      pass(999);
      agents.setConnected('echo', 1, true);
      pass(LEASE_MS - 1);
      expect(stateOf('echo')).toBe('online');
      beat('echo', 1);
      agents.setConnected('echo', 1, false);
      pass(999);
      expect(stateOf('echo')).toBe('online');
      pass(1);
      expect(stateOf('echo')).toBe('offline');
    });

    it('are offline at once when they unregister, and an operator cannot bring them back', async () => {
      await register();
      await agents.unregister('echo', 1);
      expect(stateOf('echo')).toBe('offline');
      await agents.want('echo', 'online');
      expect(stateOf('echo')).toBe('offline');
    });

    it('are told of when their load or their work has changed, and not with every heartbeat', async () => {
      await register();
      updates = [];
      beat('echo', 1);
      expect(updates).toEqual([]);
      beat('echo', 1, { load: 0.5 });
      beat('echo', 1, { load: 0.5, metrics: { handled: 1, failed: 0, meanHandleMs: 7 } });
      expect(updates).toMatchObject([
        { agents: [{ load: 0.5 }] },
        { agents: [{ metrics: { handled: 1, meanHandleMs: 7 } }] },
      ]);
    });

    it('are draining while they say so', async () => {
      await register();
      expect(beat('echo', 1, { state: 'draining' })).toEqual({ state: 'online' });
      expect(stateOf('echo')).toBe('draining');
    });
  });

  describe('that an operator controls', () => {
    it('are told with their next heartbeat what is wanted of them', async () => {
      await register();
      await agents.want('echo', 'paused');
      expect(stateOf('echo')).toBe('paused');
      expect(beat('echo', 1)).toEqual({ state: 'paused' });
      await agents.want('echo', 'offline');
      expect(beat('echo', 1)).toEqual({ state: 'paused' });
      expect(stateOf('echo')).toBe('offline');
      await agents.want('echo', 'online');
      expect(beat('echo', 1)).toEqual({ state: 'online' });
      expect(stateOf('echo')).toBe('online');
    });

    it('are refused when there is no such agent', async () => {
      await expect(agents.want('zeus', 'paused')).rejects.toMatchObject({ code: 'unknown_agent' });
    });

    it('stay paused when they register again', async () => {
      await register();
      await agents.want('echo', 'paused');
      expect((await register('echo', { isExclusive: true })).state).toBe('paused');
    });

    it('stay off the list when they register again, and keep their id', async () => {
      const instanceId = newId();
      await register('echo', { instanceId });
      await agents.want('echo', 'offline');
      expect((await register()).agentId).toBe('echo-2');
      expect(await register('echo', { instanceId })).toMatchObject({ agentId: 'echo', state: 'paused' });
      expect(stateOf('echo')).toBe('offline');
      expect(pass(0)).toMatchObject([{ agentId: 'echo' }]);
    });

    it('stay off the list over a restart of the server, until they are wanted again', async () => {
      await register();
      await agents.want('echo', 'offline');
      const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
      try {
        agents = await restart();
      } finally {
        later.mockRestore();
      }
      // It has as long as others before it is forgotten.
      expect(pass(0)).toEqual([{ agentId: 'echo', offlineForMs: 0 }]);
      expect(beat('echo', 1)).toEqual({ state: 'paused' });
      expect(stateOf('echo')).toBe('offline');
      agents = await restart();
      expect((await register()).state).toBe('paused');
      await agents.want('echo', 'online');
      expect(stateOf('echo')).toBe('online');
      agents = await restart();
      expect((await register()).state).toBe('online');
    });

    it('are not forgotten at once when their stream ends long after they were taken off the list', async () => {
      await register();
      await agents.want('echo', 'offline');
      expect(pass(600_000)).toEqual([{ agentId: 'echo', offlineForMs: 600_000 }]);
      agents.setConnected('echo', 1, false);
      expect(pass(10)).toEqual([{ agentId: 'echo', offlineForMs: 10 }]);
    });

    it('stay paused over a restart of the server', async () => {
      await register();
      await agents.want('echo', 'paused');
      agents = await restart();
      expect(stateOf('echo')).toBe('paused');
      expect(beat('echo', 1)).toEqual({ state: 'paused' });
    });

    it('stay paused over a restart of the server while they are away themselves', async () => {
      await register();
      await agents.want('echo', 'paused');
      pass(LEASE_MS);
      expect(stateOf('echo')).toBe('offline');
      agents = await restart();
      pass(LEASE_MS);
      expect(stateOf('echo')).toBe('offline');
      expect((await register()).state).toBe('paused');
    });

    it('can be resumed while they are away, and do not count as there by that', async () => {
      await register();
      await agents.want('echo', 'paused');
      pass(LEASE_MS);
      await agents.want('echo', 'online');
      expect(stateOf('echo')).toBe('offline');
      agents = await restart();
      expect(stateOf('echo')).toBe('offline');
      expect((await register()).state).toBe('online');
    });
  });

  describe('after a restart of the server', () => {
    it('have one lease to come back before they count as offline', async () => {
      await register();
      agents = await restart();
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
      agents = await restart();
      expect(stateOf('echo')).toBe('online');
    });

    it('are still offline that were offline, for as long as they have been', async () => {
      await register();
      await agents.unregister('echo', 1);
      const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
      try {
        agents = await restart();
      } finally {
        later.mockRestore();
      }
      const [gone] = agents.expire();
      expect(gone?.offlineForMs).toBeGreaterThanOrEqual(60_000);
      expect(pass(500)[0]?.offlineForMs).toBe((gone?.offlineForMs ?? 0) + 500);
    });

    it('do not come back when they were forgotten', async () => {
      await register();
      await agents.forget('echo');
      expect(updates.at(-1)).toEqual({ agents: [], isFull: false, removed: ['echo'] });
      expect(agents.list()).toEqual([]);
      agents = await restart();
      expect(agents.list()).toEqual([]);
    });
  });
});
