import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { collect } from '../../testing/collect.ts';
import { onLoopback } from '../../testing/fixture.ts';
import { agentStatus } from '../../testing/in-memory-handlers.ts';

const profile = {
  name: 'Echo',
  group: 'echo',
  description: 'Says it again',
  capabilities: ['echo'],
  keywords: ['say', 'again'],
  examples: ['Say it again'],
  concurrency: 7,
  host: 'web-1',
  subscriptions: [
    { channel: 'human' as const, types: ['note'], replayLast: 5 },
    { channel: 'agents' as const, types: [], replayLast: 0 },
  ],
};
const registration = {
  agentId: 'echo',
  isExclusive: true,
  instanceId: 'process 1',
  profile,
  queue: 'rabbitmq:rabbit@host//',
};
const metrics = { handled: 3, failed: 1, meanHandleMs: 2.5 };

describe('the services of parley.v1', () => {
  const loopback = onLoopback();

  async function joined() {
    const { handlers, url, logger } = await loopback.serve();
    const client = loopback.connect(url);
    await client.registerAgent(registration);
    return { handlers, client, logger };
  }
  const last = (handlers: { requests: readonly { rpc: string; request: object }[] }) =>
    handlers.requests.at(-1);

  it('registers an agent with everything it says about itself', async () => {
    const { handlers, url } = await loopback.serve();
    handlers.wanted = 'paused';
    const answer = await loopback.connect(url).registerAgent(registration);
    const wanted = { state: 'paused', peopleSignIn: false };
    expect(answer).toEqual({ agentId: 'echo', incarnation: 1, heartbeatMs: 20, ...wanted });
    expect(last(handlers)).toEqual({ rpc: 'registerAgent', request: registration });
  });

  it('unregisters an agent', async () => {
    const { handlers, client } = await joined();
    await client.unregisterAgent({ agentId: 'echo', incarnation: 1 });
    expect(last(handlers)).toEqual({ rpc: 'unregisterAgent', request: { agentId: 'echo', incarnation: 1 } });
  });

  it('carries a heartbeat there and the wanted state back', async () => {
    const { handlers, client } = await joined();
    handlers.wanted = 'paused';
    const beat = { agentId: 'echo', incarnation: 1, load: 0.25, metrics, state: 'draining' as const };
    expect(await client.heartbeat(beat)).toEqual({ state: 'paused', peopleSignIn: false });
    expect(last(handlers)).toEqual({ rpc: 'heartbeat', request: beat });
  });

  it('registers and unregisters a broker', async () => {
    const { handlers, url } = await loopback.serve();
    const client = loopback.connect(url);
    expect(await client.registerBroker({ brokerId: 'b-1', name: 'Broker', queue: 'embedded' })).toEqual({
      heartbeatMs: 20,
    });
    await client.unregisterBroker({ brokerId: 'b-1' });
    expect(handlers.requests).toEqual([
      { rpc: 'registerBroker', request: { brokerId: 'b-1', name: 'Broker', queue: 'embedded' } },
      { rpc: 'unregisterBroker', request: { brokerId: 'b-1' } },
    ]);
  });

  it('gives the status of one agent', async () => {
    const { client } = await joined();
    expect(await client.getAgentStatus({ agentId: 'echo' })).toEqual(agentStatus({ incarnation: 1 }));
  });

  it('streams the full list of agents first, then changes', async () => {
    const { handlers, client } = await joined();
    const updates = client.subscribeToAgentStatus({ subscriberId: 'b-1' })[Symbol.asyncIterator]();
    expect((await updates.next()).value).toEqual({ agents: [agentStatus()], isFull: true, removed: [] });
    const change = { agents: [agentStatus({ state: 'offline' })], isFull: false, removed: ['gone'] };
    expect(handlers.statusStreams.get('b-1')?.send(change)).toBe(true);
    expect((await updates.next()).value).toEqual(change);
    const gone = handlers.next('subscribeToAgentStatus gone');
    await updates.return?.();
    expect(await gone).toEqual({ id: 'b-1' });
  });

  it('streams the full list also when it is larger than one message may be', async () => {
    const { handlers, client } = await joined();
    const examples = Array.from({ length: 200 }, () => 'é'.repeat(300));
    const agents = Array.from({ length: 60 }, (_, n) => agentStatus({ agentId: `agent-${n}`, examples }));
    const subscribed = handlers.next('subscribeToAgentStatus');
    const updates = collect(client.subscribeToAgentStatus({ subscriberId: 'b-1' }), 2);
    await subscribed;
    handlers.statusStreams.get('b-1')?.send({ agents, isFull: true, removed: [] });
    expect((await updates)[1]).toEqual({ agents, isFull: true, removed: [] });
  });

  it('streams commands to their agent', async () => {
    const { handlers, client } = await joined();
    const types = ['shell', 'pause', 'resume', 'status', 'shutdown'] as const;
    const commands = types.map((type) => ({
      commandId: newId(),
      type,
      content: type === 'shell' ? 'ls -l' : '',
      timeoutMs: 30_000,
      isCancellation: type === 'status',
      ...(type === 'shell'
        ? { cwd: '/tmp', requestedBy: 'Ada', approvedBy: 'Eve', outputLimitBytes: 1024, outputSeq: 7 }
        : {}),
    }));
    const opened = handlers.next('receiveCommands');
    const received = collect(client.receiveCommands({ agentId: 'echo', incarnation: 1 }), commands.length);
    await opened;
    for (const command of commands) handlers.commandStreams.get('echo')?.send(command);
    expect(await received).toEqual(commands);
    await handlers.next('receiveCommands gone');
    expect(handlers.commandStreams.size).toBe(0);
  });

  it('says that a stream is open before there is anything to receive', async () => {
    const { client } = await joined();
    const opened = Promise.withResolvers<void>();
    const halt = new AbortController();
    const options = { signal: halt.signal, onOpen: opened.resolve };
    const received = collect(client.receiveCommands({ agentId: 'echo', incarnation: 1 }, options));
    await opened.promise;
    halt.abort();
    await expect(received).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('takes where commands stand', async () => {
    const { handlers, client } = await joined();
    const who = { commandId: newId(), agentId: 'echo', incarnation: 1 };
    const reports = [
      { ...who, state: 'running' as const },
      { ...who, state: 'awaiting_approval' as const, rule: 'restarts' },
    ];
    for (const report of reports) {
      await client.sendCommandState(report);
      expect(last(handlers)).toEqual({ rpc: 'sendCommandState', request: report });
    }
  });

  it('takes the output of commands in order, and their results', async () => {
    const { handlers, client } = await joined();
    const commandId = newId();
    const pieces = [1, 2, 3].map((seq) => ({
      commandId,
      agentId: 'echo',
      incarnation: 1,
      stream: seq === 2 ? ('stderr' as const) : ('stdout' as const),
      seq,
      data: `piece ${seq} é\n`,
    }));
    const output = client.sendCommandOutput();
    for (const piece of pieces) await output.send(piece);
    expect(await output.end()).toBe(3);
    expect(
      handlers.requests.filter(({ rpc }) => rpc === 'sendCommandOutput').map(({ request }) => request),
    ).toEqual(pieces);

    const ended = { commandId, agentId: 'echo', incarnation: 1, truncated: true, durationMs: 12.5 };
    const results = [
      { ...ended, success: true, exitCode: 0 },
      { ...ended, success: false, signal: 'SIGTERM', errorMessage: 'stopped by the operator' },
      { ...ended, success: false, isCancelled: true },
      { ...ended, success: false, isTimedOut: true },
      { ...ended, success: false, isLost: true },
      { ...ended, success: false, refusedByRule: '' },
      { ...ended, success: false, refusedByRule: 'no restarts' },
    ];
    for (const result of results) {
      await client.sendCommandResult(result);
      expect(last(handlers)).toEqual({ rpc: 'sendCommandResult', request: result });
    }
  });
});
