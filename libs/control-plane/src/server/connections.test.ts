import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { AgentProfile } from '@parley/shared-models';
import { onLoopback } from '../../testing/fixture.ts';
import { call, healthStub } from '../../testing/stock-stubs.ts';
import { createCredentials } from './credentials.ts';

describe('the connections to the control plane', () => {
  const loopback = onLoopback();

  async function silentConnection(port: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    loopback.stopLater({ close: () => socket.destroy() });
    socket.on('error', () => socket.destroy());
    socket.resume();
    await once(socket, 'connect');
    return socket;
  }

  it('are refused where its owner does not admit them', async () => {
    const { server } = await loopback.serve({ admit: () => undefined });
    const socket = await silentConnection(server.port);
    if (!socket.destroyed) await once(socket, 'close');
    expect(socket.destroyed).toBe(true);
  });

  it('count as those of a member once it has identified itself there, and not before', async () => {
    const shown = new Set<Socket>();
    const admitted: Socket[] = [];
    const { url } = await loopback.serve({
      credentials: createCredentials('key'),
      admit(socket) {
        admitted.push(socket);
        return () => shown.add(socket);
      },
    });
    const profile = AgentProfile.parse({ name: 'Echo', group: 'echo' });
    const [agent, broker, nobody] = [loopback.connect(url), loopback.connect(url), loopback.connect(url)];
    const who = { agentId: 'echo', isExclusive: true, instanceId: 'i' };
    const { agentId, incarnation } = await agent.registerAgent({ ...who, profile });
    await broker.registerBroker({ brokerId: 'b', name: 'Broker' });
    await nobody.registerBroker({ brokerId: 'c', name: 'Broker' });
    expect(shown.size).toBe(0);
    await agent.heartbeat({
      agentId,
      incarnation,
      load: 0,
      state: 'online',
      metrics: { handled: 0, failed: 0, meanHandleMs: 0 },
    });
    await broker.registerBroker({ brokerId: 'b', name: 'Broker' });
    expect([...shown]).toEqual(admitted.slice(0, 2));
  });

  it('without a call are closed', async () => {
    const { server } = await loopback.serve({ idleMs: 100 });
    const socket = await silentConnection(server.port);
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    if (!socket.destroyed) await once(socket, 'close');
    expect(socket.destroyed).toBe(true);
  });

  it('may make so many calls without a credential, and no more for now', async () => {
    const { url } = await loopback.serve({ openCallsPerSecond: 1 });
    const stub = loopback.stopLater(healthStub(url));
    const calls = Array.from({ length: 300 }, () => call(stub, 'check', { service: '' }));
    const answers = await Promise.allSettled(calls);
    const refused = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [(answer.reason as { code: number }).code] : [],
    );
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(10);
    expect(refused.length).toBeGreaterThan(0);
    // RESOURCE_EXHAUSTED
    expect(new Set(refused)).toEqual(new Set([8]));
  });
});
