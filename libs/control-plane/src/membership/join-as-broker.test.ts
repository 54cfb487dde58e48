import { describe, expect, it } from '@jest/globals';
import { joinTestBroker } from '../../testing/broker-fixture.ts';
import { onLoopback } from '../../testing/fixture.ts';
import { agentStatus, createInMemoryHandlers } from '../../testing/in-memory-handlers.ts';

describe('a broker that joins', () => {
  const loopback = onLoopback();

  async function joined() {
    const served = await loopback.serve();
    const broker = loopback.stopLater(joinTestBroker(served.url));
    await broker.membership.whenReady();
    const push = served.handlers.statusStreams.get('b-1');
    if (push === undefined) throw new Error('not subscribed');
    return { ...served, broker, push };
  }

  it('registers, and subscribes under its broker id', async () => {
    const { handlers, broker } = await joined();
    expect(handlers.requests.slice(0, 2)).toEqual([
      { rpc: 'registerBroker', request: { brokerId: 'b-1', name: 'Broker', queue: '' } },
      { rpc: 'subscribeToAgentStatus', request: { subscriberId: 'b-1', readsLoads: true } },
    ]);
    expect(broker.membership.isConnected).toBe(true);
  });

  it('is ready when it has the full list, also when there is no agent', async () => {
    const { broker } = await joined();
    expect(broker.told).toEqual(['agents']);
    expect(broker.membership.agents.size).toBe(0);
  });

  it('keeps all agents, with what changes', async () => {
    const { broker, push } = await joined();
    const update = (fields: object) => {
      push.send({ agents: [], isFull: false, removed: [], ...fields });
      return broker.next('agents');
    };
    expect(await update({ agents: [agentStatus(), agentStatus({ agentId: 'hr' })] })).toBe(
      'agents echo:online hr:online',
    );
    expect(await update({ agents: [agentStatus({ agentId: 'hr', state: 'offline' })] })).toBe(
      'agents echo:online hr:offline',
    );
    expect(await update({ removed: ['echo'] })).toBe('agents hr:offline');
    expect(broker.membership.agents.get('hr')).toEqual(agentStatus({ agentId: 'hr', state: 'offline' }));
  });

  it('takes how busy agents are, of those that it knows', async () => {
    const { broker, push } = await joined();
    push.send({ agents: [agentStatus(), agentStatus({ agentId: 'hr' })], isFull: false, removed: [] });
    await broker.next('agents');
    const busy = {
      load: 0.75,
      lastSeen: '2026-01-31T12:00:05.000Z',
      metrics: { handled: 4, failed: 1, meanHandleMs: 3 },
    };
    const loads = ['hr', 'unknown'].map((agentId) => ({ agentId, ...busy }));
    push.send({ agents: [], isFull: false, removed: [], loads, revision: 'list:1' });
    expect(await broker.next('agents')).toBe('agents echo:online hr:online');
    expect([...broker.membership.agents.values()]).toEqual([
      agentStatus(),
      agentStatus({ agentId: 'hr', ...busy }),
    ]);
    expect(broker.membership.caughtUp('list:1', 60_000)).toBeUndefined();
  });

  it('replaces everything when a full list comes', async () => {
    const { broker, push } = await joined();
    push.send({ agents: [agentStatus()], isFull: false, removed: [] });
    await broker.next('agents');
    push.send({ agents: [agentStatus({ agentId: 'hr' })], isFull: true, removed: [] });
    expect(await broker.next('agents')).toBe('agents hr:online');
  });

  it('tells when it knows the agents as of a revision', async () => {
    const { broker, push } = await joined();
    const { membership } = broker;
    const caughtUp = (revision: string) => membership.caughtUp(revision, 60_000);
    const tell = async (revision: string) => {
      push.send({ agents: [], isFull: false, removed: [], revision });
      await broker.next('agents');
    };
    // The full list of a server that does not say.
    expect(caughtUp('list:9')).toBeUndefined();
    await tell('list:1');
    expect(caughtUp('list:1')).toBeUndefined();
    expect(caughtUp('other:9')).toBeUndefined();
    let isThere = false;
    const third = caughtUp('list:3')?.then(() => {
      isThere = true;
    });
    expect(third).toBeDefined();
    await tell('list:2');
    expect(isThere).toBe(false);
    await tell('list:3');
    await third;
    // Nobody says it any more.
    const late = caughtUp('list:4');
    expect(late).toBeDefined();
    await broker.stop();
    await late;
    expect(caughtUp('list:4')).toBeUndefined();
  });

  it('waits for a revision no longer than it is told to', async () => {
    const { broker, push } = await joined();
    push.send({ agents: [], isFull: false, removed: [], revision: 'list:1' });
    await broker.next('agents');
    const late = broker.membership.caughtUp('list:2', 1);
    expect(late).toBeDefined();
    await late;
  });

  it('registers again and again as a sign of life', async () => {
    const { handlers } = await joined();
    await handlers.next('registerBroker');
    await handlers.next('registerBroker');
    expect(handlers.requests.filter(({ rpc }) => rpc === 'subscribeToAgentStatus')).toHaveLength(1);
  });

  it('subscribes again when its stream was cut, and keeps what it knew until then', async () => {
    const { handlers, broker, push } = await joined();
    push.send({ agents: [agentStatus()], isFull: false, removed: [] });
    await broker.next('agents');
    const again = broker.next('agents');
    const subscribed = handlers.next('subscribeToAgentStatus');
    push.end();
    await handlers.next('subscribeToAgentStatus gone');
    expect([...broker.membership.agents.keys()]).toEqual(['echo']);
    await subscribed;
    expect(await again).toBe('agents');
  });

  it('is told why it is refused', async () => {
    const { url } = await loopback.serve({ joinToken: 'right' });
    const broker = loopback.stopLater(joinTestBroker(url, { joinToken: 'left' }));
    expect(await broker.next('refused')).toBe('refused unauthenticated');
  });
});

describe('a broker that leaves', () => {
  const loopback = onLoopback();

  it('unregisters and ends its stream', async () => {
    const { handlers, url } = await loopback.serve();
    const broker = joinTestBroker(url);
    await broker.membership.whenReady();
    const gone = handlers.next('subscribeToAgentStatus gone');
    await broker.membership.leave();
    await gone;
    expect(handlers.requests).toContainEqual({ rpc: 'unregisterBroker', request: { brokerId: 'b-1' } });
    expect(broker.membership.isConnected).toBe(false);
  });

  it('stops without unregistering, and the server sees the end of its stream', async () => {
    const { handlers, url } = await loopback.serve();
    const broker = joinTestBroker(url);
    await broker.membership.whenReady();
    const gone = handlers.next('subscribeToAgentStatus gone');
    await broker.stop();
    await gone;
    expect(handlers.requests.map(({ rpc }) => rpc)).not.toContain('unregisterBroker');
  });

  it('leaves in time when the server does not answer', async () => {
    const handlers = createInMemoryHandlers();
    handlers.unregisterBroker = () => new Promise(() => {});
    const { url } = await loopback.serve({ handlers });
    const broker = joinTestBroker(url, { deadlines: { callMs: 600_000 } });
    await broker.membership.whenReady();
    await broker.membership.leave(30);
    expect(broker.logger.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'could not unregister: out of time' }),
    );
  });

  it('rejects the waits for the agents', async () => {
    const broker = joinTestBroker('127.0.0.1:1');
    const ready = broker.membership.whenReady();
    await broker.stop();
    await expect(ready).rejects.toMatchObject({ code: 'cancelled' });
  });
});
