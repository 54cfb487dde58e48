import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { type RawAgent, startRawAgent } from '../harness/raw-agent.ts';
import { connectRaw, type RawClient } from '../harness/raw-client.ts';

describe('the load of an agent', () => {
  let system: ParleySystem;
  let agent: RawAgent;
  let load = 0;
  const clients: RawClient[] = [];

  beforeAll(async () => {
    system = await startSystem({ driver: 'embedded', agents: [], env: { HEARTBEAT_MS: '100' } });
    agent = await startRawAgent(system, 'busy', { examples: ['Say it again'] }, () => load);
  });
  afterAll(async () => {
    for (const client of clients) client.terminate();
    await agent?.stop();
    await system?.stop();
  });

  const connect = async (hello: object): Promise<RawClient> => {
    const client = await connectRaw(system.webSocketUrl, { hello });
    clients.push(client);
    await client.received('agents', ({ agents }) => agents.some(({ agentId }) => agentId === 'busy'));
    return client;
  };
  const framesOf = ({ frames }: RawClient) =>
    frames.flatMap((frame) => (frame.type === 'agents' || frame.type === 'agents.load' ? [frame] : []));

  it('is told without the rest of it to who reads that, to others with it, to both at most once a second', async () => {
    const [old, reads] = [await connect({}), await connect({ frames: 2 })];
    const [before, loadsBefore] = [framesOf(old).length, framesOf(reads).length];
    const since = performance.now();
    while (load < 12) {
      load += 1;
      await agent.membership.reportState();
    }
    await eventually(() => {
      expect(framesOf(reads).at(-1)?.agents[0]?.load).toBe(12);
      expect(framesOf(old).at(-1)?.agents[0]?.load).toBe(12);
    });
    const most = 1 + Math.ceil((performance.now() - since) / 1000);
    const [whole, loads] = [framesOf(old).slice(before), framesOf(reads).slice(loadsBefore)];
    expect(whole.every((frame) => frame.type === 'agents' && frame.agents[0]?.examples.length === 1)).toBe(
      true,
    );
    expect(loads.every(({ type }) => type === 'agents.load')).toBe(true);
    expect(loads[0]?.agents).toEqual([
      { agentId: 'busy', load: 1, lastSeen: expect.any(String), metrics: expect.any(Object) },
    ]);
    for (const told of [whole, loads]) expect(told.length).toBeLessThanOrEqual(most);
  });

  it('comes at once with a change of its state', async () => {
    const reads = await connect({ frames: 2 });
    reads.send({ type: 'agent.control', agentId: 'busy', action: 'pause' });
    const { agents } = await reads.received('agents', (frame) => !frame.isFull);
    expect(agents).toMatchObject([{ agentId: 'busy', state: 'paused' }]);
  });
});
