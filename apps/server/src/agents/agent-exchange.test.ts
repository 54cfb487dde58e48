import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MessageBus } from '@parley/messaging';
import { eventually } from '@parley/messaging/test-queue';
import { AgentProfile, agentQueue, newId } from '@parley/shared-models';
import { type Ground, makeGround, silent } from '../../testing/server-fixture.ts';
import { type BrokerRegistry, createBrokerRegistry } from '../brokers/broker-registry.ts';
import { createAgentExchange } from './agent-exchange.ts';
import type { AgentRegistry, WantedChange } from './agent-registry.ts';
import { createAgentRegistry } from './create-agent-registry.ts';

const HEARTBEAT_MS = 5000;
const LEASE_MS = 2 * HEARTBEAT_MS;

const profile = AgentProfile.parse({ name: 'Echo', group: 'echo' });

interface Server {
  readonly bus: MessageBus;
  readonly agents: AgentRegistry;
  readonly brokers: BrokerRegistry;
  readonly wanted: WantedChange[];
  register(agentId?: string, more?: { instanceId?: string; isExclusive?: boolean }): Promise<string>;
  beat(incarnation: number, load?: number): string;
  stateOf(agentId?: string): string | undefined;
  /** Its clock goes on. */
  pass(ms: number): string[];
  stop(): Promise<void>;
}

describe('servers on one queue and store', () => {
  let ground: Ground;
  let here: Server;
  let there: Server;
  const running: Server[] = [];

  beforeEach(async () => {
    ground = await makeGround();
    [here, there] = [await start(), await start()];
  });
  afterEach(async () => {
    for (const server of running.splice(0)) await server.stop();
    await ground.remove();
  });

  async function start(announceMs = 600_000): Promise<Server> {
    const { bus } = ground;
    let now = 1_000_000;
    const agents = createAgentRegistry({
      store: ground.store,
      logger: silent,
      heartbeatMs: HEARTBEAT_MS,
      declareQueues: async () => {},
      deleteQueue: async () => {},
      clock: () => now,
    });
    await agents.load();
    const brokers = createBrokerRegistry();
    const serverId = newId();
    const exchange = await createAgentExchange({
      serverId,
      agents,
      brokers,
      store: ground.store,
      bus,
      logger: silent,
      announceMs,
    });
    const wanted: WantedChange[] = [];
    agents.onWanted((change) => wanted.push(change));
    exchange.start();
    const server: Server = {
      bus,
      agents,
      brokers,
      wanted,
      async register(agentId = 'echo', { instanceId = newId(), isExclusive = false } = {}) {
        return (await agents.register({ agentId, isExclusive, instanceId, profile })).agentId;
      },
      beat: (incarnation, load = 0) =>
        agents.heartbeat({
          agentId: 'echo',
          incarnation,
          load,
          metrics: { handled: 0, failed: 0, meanHandleMs: 0 },
          state: 'online',
        }).state,
      stateOf: (agentId = 'echo') => agents.get(agentId)?.state,
      pass(ms) {
        now += ms;
        return agents.expire().map(({ agentId }) => agentId);
      },
      stop: () => exchange.stop(),
    };
    running.push(server);
    return server;
  }

  it('know the agents of one another, whoever was there first', async () => {
    await here.register();
    await eventually(() => expect(there.stateOf()).toBe('online'));
    const late = await start();
    await eventually(() => expect(late.agents.get('echo')?.server).toBeDefined());
    await here.agents.unregister('echo', 1);
    await eventually(() => expect([there.stateOf(), late.stateOf()]).toEqual(['offline', 'offline']));
  });

  it('leave alone what another one hears of, and look after it when none does', async () => {
    await here.register();
    await here.agents.want('echo', 'paused');
    await eventually(() => expect(there.stateOf()).toBe('paused'));
    expect(there.pass(10 * LEASE_MS)).toEqual([]);
    expect(there.stateOf()).toBe('paused');
    // Three times the interval between two announcements.
    expect(there.pass(3 * 600_000)).toEqual(['echo']);
    expect(there.stateOf()).toBe('offline');
  });

  it('know how busy the agents of one another are, which makes no list newer', async () => {
    await here.register();
    await eventually(() => expect(there.stateOf()).toBe('online'));
    const { revision } = there.agents;
    const told: number[] = [];
    there.agents.onLoads((agents) => told.push(...agents.map(({ load }) => load)));
    here.beat(1, 0.5);
    await eventually(() => expect(there.agents.get('echo')?.load).toBe(0.5));
    expect(told).toEqual([0.5]);
    expect(there.agents.revision).toBe(revision);
  });

  it('know how many messages wait for the agents of one another', async () => {
    await here.register();
    await eventually(async () => {
      const queues = (await there.bus.depths()).map(({ name }) => name);
      expect(queues).toContain(agentQueue('echo'));
    });
  });

  it('hear it again and again', async () => {
    const [often, listening] = [await start(20), await start(20)];
    await often.register();
    await eventually(() => expect(listening.stateOf()).toBe('online'));
    listening.pass(59);
    const before = listening.agents.get('echo')?.leaseUntil ?? 0;
    await eventually(() =>
      expect(listening.agents.get('echo')?.leaseUntil ?? 0).toBeGreaterThanOrEqual(before + 59),
    );
    expect(listening.pass(59)).toEqual([]);
  });

  it('pass on what an operator wants of an agent to the one where it is', async () => {
    await here.register();
    await eventually(() => expect(there.stateOf()).toBe('online'));
    await there.agents.want('echo', 'paused');
    await eventually(() =>
      expect(here.wanted).toEqual([{ agentId: 'echo', wanted: 'paused', isOrderedHere: false }]),
    );
    expect(here.beat(1)).toBe('paused');
    expect([here.stateOf(), there.stateOf()]).toEqual(['paused', 'paused']);
    await there.agents.want('echo', 'online');
    await eventually(() => expect(here.beat(1)).toBe('online'));
  });

  it('read from the store what was not heard', async () => {
    const [one, other] = [await start(20), await start(20)];
    await one.register();
    await eventually(() => expect(other.stateOf()).toBe('online'));
    await ground.store.setWantedAgentState('echo', 'offline');
    await eventually(() => expect([one.stateOf(), other.stateOf()]).toEqual(['offline', 'offline']));
    expect(one.wanted.at(-1)).toEqual({ agentId: 'echo', wanted: 'offline', isOrderedHere: false });
  });

  it('do not give the id of an agent to another process while it is at one of them', async () => {
    await here.register();
    await eventually(() => expect(there.stateOf()).toBe('online'));
    expect(await there.register()).toBe('echo-2');
    here.agents.setConnected('echo', 1, false);
    await eventually(() => expect(there.agents.get('echo')?.isConnected).toBe(false));
    expect(await there.register()).toBe('echo');
  });

  it('refuse a process whose id another one has taken over elsewhere', async () => {
    await here.register();
    await eventually(() => expect(there.stateOf()).toBe('online'));
    await there.register('echo', { isExclusive: true });
    await eventually(() => expect(here.agents.get('echo')?.incarnation).toBe(2));
    expect(() => here.beat(1)).toThrow(expect.objectContaining({ code: 'stale_incarnation' }));
  });

  it('follow a process that goes over to the other one', async () => {
    const instanceId = newId();
    await here.register('echo', { instanceId });
    await eventually(() => expect(there.stateOf()).toBe('online'));
    here.agents.setConnected('echo', 1, false);
    there.agents.setConnected('echo', 1, true);
    expect(there.beat(1)).toBe('online');
    await eventually(() => expect(here.agents.get('echo')?.server).toBeDefined());
    expect(here.pass(LEASE_MS)).toEqual([]);
    expect([here.stateOf(), there.stateOf()]).toEqual(['online', 'online']);
    expect(there.agents.get('echo')?.instanceId).toBe(instanceId);
  });

  it('forget together', async () => {
    await here.register();
    await eventually(() => expect(there.stateOf()).toBe('online'));
    await here.agents.unregister('echo', 1);
    await here.agents.forget('echo');
    await eventually(() => expect(there.stateOf()).toBeUndefined());
  });

  it('count the brokers of one another', async () => {
    here.brokers.register('one', 'broker');
    here.brokers.setConnected('one', true);
    await eventually(() => expect(there.brokers.connected()).toEqual(['broker']));
    here.brokers.setConnected('one', false);
    await eventually(() => expect(there.brokers.connected()).toEqual([]));
  });
});
