import { describe, expect, it } from '@jest/globals';
import { joinTestAgent } from '../../testing/agent-fixture.ts';
import { joinTestBroker } from '../../testing/broker-fixture.ts';
import { onLoopback } from '../../testing/fixture.ts';
import { createInMemoryHandlers } from '../../testing/in-memory-handlers.ts';
import { startTcpProxy } from '../../testing/tcp-proxy.ts';

/** Long enough for a busy machine to be answered in it, and short enough to be waited for. */
const callMs = 1_000;
const keepalive = { keepaliveMs: 500, keepaliveTimeoutMs: 500 };

describe('a server that is away', () => {
  const loopback = onLoopback();

  it('is waited for, with one line in the log', async () => {
    const { server } = await loopback.serve();
    await server.stop();
    const url = `127.0.0.1:${server.port}`;
    const agent = loopback.stopLater(joinTestAgent(url));
    const broker = loopback.stopLater(joinTestBroker(url));
    // Several attempts have failed when the client has used up the first delays.
    await expect(loopback.connect(url).whenReady(500)).rejects.toMatchObject({ code: 'unavailable' });
    const registered = agent.next('registered');
    await loopback.serve({ port: server.port });
    await Promise.all([registered, broker.membership.whenReady()]);

    const lines = agent.logger.lines.filter(({ level }) => level !== 'debug');
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      [
        'warn',
        expect.stringMatching(
          /^agent "Echo" has no server at 127.0.0.1:\d+: .*ECONNREFUSED.*; trying again$/,
        ),
      ],
      ['info', 'agent "Echo" is back at the server'],
    ]);
  });

  it('gets its agents and brokers back when it was restarted without a memory', async () => {
    const { server, handlers } = await loopback.serve();
    const url = `127.0.0.1:${server.port}`;
    const opened = handlers.next('receiveCommands');
    const agent = loopback.stopLater(joinTestAgent(url));
    const broker = loopback.stopLater(joinTestBroker(url));
    await Promise.all([opened, broker.membership.whenReady()]);
    await server.stop();

    const fresh = createInMemoryHandlers();
    const back = Promise.all([fresh.next('receiveCommands'), fresh.next('subscribeToAgentStatus')]);
    await loopback.serve({ port: server.port, handlers: fresh });
    await back;
    const [first] = handlers.requests.filter(({ rpc }) => rpc === 'registerAgent');
    const [again] = fresh.requests.filter(({ rpc }) => rpc === 'registerAgent');
    expect(again).toEqual(first);
    expect(agent.told.filter((what) => what.startsWith('registered'))).toHaveLength(2);
    expect(fresh.statusStreams.has('b-1')).toBe(true);
  });

  it('gets its agents back as they were when it was restarted with its memory', async () => {
    const { server, handlers } = await loopback.serve();
    const opened = handlers.next('receiveCommands');
    const agent = loopback.stopLater(joinTestAgent(`127.0.0.1:${server.port}`));
    await opened;
    await server.drain(0);
    await server.stop();
    const back = handlers.next('receiveCommands');
    await loopback.serve({ port: server.port, handlers });
    await back;
    expect(agent.told).toEqual(['registered echo#1 online']);
    expect(agent.membership.identity).toEqual({ agentId: 'echo', incarnation: 1 });
  });
});

describe('a half-open connection', () => {
  const loopback = onLoopback();

  it('is noticed by an agent through its heartbeat, and replaced by a fresh one', async () => {
    const { server, handlers } = await loopback.serve();
    const proxy = loopback.stopLater(await startTcpProxy(server.port));
    const opened = handlers.next('receiveCommands');
    const agent = loopback.stopLater(joinTestAgent(`127.0.0.1:${proxy.port}`, { deadlines: { callMs } }));
    await opened;
    expect(proxy.connections).toBe(1);

    const openedAgain = handlers.next('receiveCommands');
    proxy.silence();
    proxy.restore();
    await openedAgain;
    expect(proxy.connections).toBe(2);
    expect(agent.logger.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('has no server') }),
    );
    expect(agent.told).toEqual(['registered echo#1 online']);
  });

  it('is noticed while connecting too: the handshake has a deadline', async () => {
    const { server, handlers } = await loopback.serve();
    const proxy = loopback.stopLater(await startTcpProxy(server.port));
    proxy.silence();
    const agent = loopback.stopLater(joinTestAgent(`127.0.0.1:${proxy.port}`, { deadlines: { callMs } }));
    await agent.logger.next('has no server');
    proxy.restore();
    await agent.next('registered');
    expect(proxy.connections).toBeGreaterThan(1);
    expect(handlers.requests.filter(({ rpc }) => rpc === 'registerAgent')).toHaveLength(1);
  });

  it('is noticed by a broker through its registration, and replaced by a fresh one', async () => {
    const { server, handlers } = await loopback.serve();
    const proxy = loopback.stopLater(await startTcpProxy(server.port));
    const broker = loopback.stopLater(joinTestBroker(`127.0.0.1:${proxy.port}`, { deadlines: { callMs } }));
    await broker.membership.whenReady();
    const subscribed = handlers.next('subscribeToAgentStatus');
    proxy.silence();
    proxy.restore();
    await subscribed;
    expect(proxy.connections).toBe(2);
  });

  it('is noticed by a client that only listens, through keepalive', async () => {
    const { server } = await loopback.serve();
    const proxy = loopback.stopLater(await startTcpProxy(server.port));
    const client = loopback.connect(`127.0.0.1:${proxy.port}`, keepalive);
    const updates = client.subscribeToAgentStatus({ subscriberId: 'b-1' })[Symbol.asyncIterator]();
    await updates.next();
    proxy.silence();
    await expect(updates.next()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('is noticed by the server through keepalive: the stream is gone', async () => {
    const { server, handlers } = await loopback.serve(keepalive);
    const proxy = loopback.stopLater(await startTcpProxy(server.port));
    const client = loopback.connect(`127.0.0.1:${proxy.port}`, { keepaliveMs: 600_000 });
    const updates = client.subscribeToAgentStatus({ subscriberId: 'b-1' })[Symbol.asyncIterator]();
    await updates.next();
    const gone = handlers.next('subscribeToAgentStatus gone');
    proxy.silence();
    await gone;
    expect(handlers.statusStreams.size).toBe(0);
  });
});
