import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { joinTestAgent } from '../../testing/agent-fixture.ts';
import { onLoopback } from '../../testing/fixture.ts';
import { createInMemoryHandlers } from '../../testing/in-memory-handlers.ts';

const command = (fields: object = {}) => ({
  commandId: newId(),
  type: 'shell' as const,
  content: 'uptime',
  timeoutMs: 1_000,
  isCancellation: false,
  ...fields,
});

describe('an agent that joins', () => {
  const loopback = onLoopback();

  async function joined() {
    const served = await loopback.serve();
    const opened = served.handlers.next('receiveCommands');
    const agent = loopback.stopLater(joinTestAgent(served.url));
    await opened;
    return { ...served, agent };
  }

  it('is told its identity and the wanted state', async () => {
    const { handlers, url } = await loopback.serve();
    handlers.wanted = 'paused';
    const agent = loopback.stopLater(joinTestAgent(url));
    expect(agent.membership.identity).toBeUndefined();
    expect(await agent.next('registered')).toBe('registered echo#1 paused');
    expect(agent.membership.identity).toEqual({ agentId: 'echo', incarnation: 1 });
  });

  it('sends heartbeats with its reports', async () => {
    const { handlers, agent } = await joined();
    agent.report = {
      load: 0.75,
      metrics: { handled: 9, failed: 2, meanHandleMs: 1.5 },
      state: 'draining',
    };
    await handlers.next('heartbeat');
    expect(await handlers.next('heartbeat')).toEqual({ agentId: 'echo', incarnation: 1, ...agent.report });
  });

  it('reports its state at once when asked to', async () => {
    const handlers = createInMemoryHandlers({ heartbeatMs: 600_000 });
    const { url } = await loopback.serve({ handlers });
    const opened = handlers.next('receiveCommands');
    const agent = loopback.stopLater(joinTestAgent(url));
    await opened;
    agent.report.state = 'draining';
    await agent.membership.reportState();
    expect(handlers.requests.at(-1)).toMatchObject({ rpc: 'heartbeat', request: { state: 'draining' } });
  });

  it('is told once of each state that the server wants, by heartbeat or by command', async () => {
    const { handlers, agent } = await joined();
    const paused = agent.next('state');
    handlers.wanted = 'paused';
    await paused;
    handlers.commandStreams.get('echo')?.send(command({ type: 'pause' }));
    await handlers.next('heartbeat');
    await handlers.next('heartbeat');
    const resumed = agent.next('state');
    handlers.wanted = 'online';
    handlers.commandStreams.get('echo')?.send(command({ type: 'resume' }));
    await resumed;
    expect(agent.told).toEqual(['registered echo#1 online', 'state paused', 'state online']);
  });

  it('is refused the services for agents before it has registered', async () => {
    const agent = joinTestAgent('127.0.0.1:1');
    loopback.stopLater(agent);
    const asking = agent.membership.isWanted({ requestId: newId() });
    await expect(asking).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('gets the other commands, cancellations too, and sends back output and result', async () => {
    const { handlers, agent } = await joined();
    const [run, cancel] = [command(), command({ isCancellation: true })];
    handlers.commandStreams.get('echo')?.send(run);
    handlers.commandStreams.get('echo')?.send(cancel);
    await agent.next('command');
    if (agent.commands.length < 2) await agent.next('command');
    expect(agent.commands).toEqual([run, cancel]);

    const output = agent.membership.openCommandOutput();
    await output.send({ commandId: run.commandId, stream: 'stdout', seq: 1, data: 'up 3 days' });
    expect(await output.end()).toBe(1);
    const result = { commandId: run.commandId, success: true, exitCode: 0, truncated: false, durationMs: 5 };
    await agent.membership.sendCommandResult(result);
    const sent = handlers.requests.filter(({ rpc }) => rpc.startsWith('sendCommand'));
    expect(sent.map(({ request }) => request)).toMatchObject([
      { agentId: 'echo', incarnation: 1, seq: 1, data: 'up 3 days' },
      { agentId: 'echo', incarnation: 1, ...result },
    ]);
  });

  it('cannot send results before it is registered', async () => {
    const agent = loopback.stopLater(joinTestAgent('127.0.0.1:1'));
    expect(() => agent.membership.openCommandOutput()).toThrow('not registered yet');
    const result = { commandId: newId(), success: true, truncated: false, durationMs: 5 };
    await expect(agent.membership.sendCommandResult(result)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('registers again, as the same process with the same id, when the server has forgotten it', async () => {
    const { handlers, agent } = await joined();
    const opened = handlers.next('receiveCommands');
    handlers.forget('echo');
    await opened;
    const registrations = handlers.requests.filter(({ rpc }) => rpc === 'registerAgent');
    expect(registrations).toHaveLength(2);
    expect(registrations[1]).toEqual(registrations[0]);
    expect(agent.told).toEqual(['registered echo#1 online', 'registered echo#1 online']);
  });

  it('registers again with another profile, as the same process with the same id, without a pause', async () => {
    const { handlers, agent } = await joined();
    const [first] = handlers.requests.filter(({ rpc }) => rpc === 'registerAgent');
    const opened = handlers.next('receiveCommands');
    const profile = {
      name: 'Echo',
      group: 'echo',
      description: 'Says it twice',
      capabilities: [],
      keywords: [],
      examples: [],
      concurrency: 2,
      subscriptions: [],
    };
    agent.membership.setProfile(profile);
    expect(await agent.next('registered')).toBe('registered echo#2 online');
    expect(handlers.requests.findLast(({ rpc }) => rpc === 'registerAgent')?.request).toEqual({
      ...first?.request,
      profile,
    });
    expect(await opened).toEqual({ agentId: 'echo', incarnation: 2 });
    expect(agent.membership.isConnected).toBe(true);
  });

  it('registers with the profile that it was given last, also while it registers', async () => {
    const handlers = createInMemoryHandlers();
    const { url } = await loopback.serve({ handlers });
    const register = handlers.registerAgent;
    const profileOf = (description: string) => ({
      name: 'Echo',
      group: 'echo',
      description,
      capabilities: [],
      keywords: [],
      examples: [],
      concurrency: 2,
    });
    const seen = Promise.withResolvers<void>();
    handlers.registerAgent = async (request) => {
      if (request.profile.description === '') agent.membership.setProfile(profileOf('new'));
      else seen.resolve();
      return register(request);
    };
    const agent = loopback.stopLater(joinTestAgent(url));
    await seen.promise;
    await handlers.next('heartbeat');
    expect(handlers.requests.findLast(({ rpc }) => rpc === 'registerAgent')?.request).toMatchObject({
      profile: { description: 'new' },
    });
  });

  it('keeps the id that the server gave when it registers again', async () => {
    const handlers = createInMemoryHandlers();
    const give = handlers.registerAgent;
    handlers.registerAgent = (request) => give({ ...request, agentId: 'echo-2' });
    const { url } = await loopback.serve({ handlers });
    const opened = handlers.next('receiveCommands');
    const agent = loopback.stopLater(joinTestAgent(url));
    await opened;
    const wanted = Promise.withResolvers<string>();
    handlers.registerAgent = (request) => {
      wanted.resolve(request.agentId);
      return give(request);
    };
    handlers.forget('echo-2');
    expect(await wanted.promise).toBe('echo-2');
    expect(agent.membership.identity?.agentId).toBe('echo-2');
  });

  it('stops for good when another process has taken its id over', async () => {
    const { handlers, agent } = await joined();
    const fenced = agent.next('fenced');
    handlers.takeOver('echo');
    await fenced;
    await agent.stop();
    expect(agent.told).toEqual(['registered echo#1 online', 'fenced']);
    expect(handlers.requests.filter(({ rpc }) => rpc === 'registerAgent')).toHaveLength(1);
    expect(agent.logger.lines).toContainEqual(
      expect.objectContaining({ level: 'error', message: expect.stringContaining('was fenced off') }),
    );
  });

  it('asks who it is before it registers, so that a process that slept does not take its id back', async () => {
    const { handlers, agent } = await joined();
    const fenced = agent.next('fenced');
    handlers.takeOver('echo');
    handlers.commandStreams.get('echo')?.end();
    await fenced;
    expect(handlers.requests.filter(({ rpc }) => rpc === 'registerAgent')).toHaveLength(1);
  });

  it('does not take a registration whose answer was lost for one of another process', async () => {
    const { handlers, url } = await loopback.serve();
    const opened = handlers.next('receiveCommands');
    const agent = loopback.stopLater(joinTestAgent(url, { deadlines: { callMs: 1_000 } }));
    await opened;
    const register = handlers.registerAgent;
    handlers.registerAgent = async (request) => {
      handlers.registerAgent = register;
      await register(request);
      return new Promise(() => {});
    };
    const openedAgain = handlers.next('receiveCommands');
    handlers.forget('echo');
    expect(await openedAgain).toEqual({ agentId: 'echo', incarnation: 2 });
    expect(agent.told).toEqual(['registered echo#1 online', 'registered echo#2 online']);
  });

  it('goes on as it was when only its stream was cut', async () => {
    const { handlers, agent } = await joined();
    const opened = handlers.next('receiveCommands');
    handlers.commandStreams.get('echo')?.end();
    expect(await opened).toEqual({ agentId: 'echo', incarnation: 1 });
    expect(agent.told).toEqual(['registered echo#1 online']);
  });

  it('is told why it is refused, and is let in when the server has changed its mind', async () => {
    const { server, handlers, url } = await loopback.serve({ joinToken: 'right' });
    const agent = loopback.stopLater(joinTestAgent(url, { joinToken: 'left' }));
    expect(await agent.next('refused')).toBe('refused unauthenticated');
    expect(agent.logger.lines).toContainEqual(
      expect.objectContaining({ level: 'error', message: expect.stringContaining('is refused by') }),
    );
    await server.stop();
    const registered = agent.next('registered');
    await loopback.serve({ port: server.port, joinToken: 'left', handlers });
    await registered;
  });

  it('survives a callback of its own that throws', async () => {
    const served = await loopback.serve();
    let calls = 0;
    const agent = loopback.stopLater(
      joinTestAgent(served.url, {
        load() {
          calls += 1;
          if (calls === 1) throw new Error('no load yet');
          return 0;
        },
      }),
    );
    await served.handlers.next('heartbeat');
    expect(agent.logger.lines).toContainEqual(
      expect.objectContaining({ level: 'error', message: expect.stringContaining("not the server's doing") }),
    );
  });
});

describe('an agent that leaves', () => {
  const loopback = onLoopback();

  it('unregisters and ends its stream', async () => {
    const { handlers, url } = await loopback.serve();
    const opened = handlers.next('receiveCommands');
    const agent = joinTestAgent(url);
    await opened;
    const gone = handlers.next('receiveCommands gone');
    await agent.membership.leave();
    await gone;
    expect(handlers.requests.map(({ rpc }) => rpc)).toContain('unregisterAgent');
    expect(agent.membership.isConnected).toBe(false);
  });

  it('stops without unregistering, and the server sees the end of its stream', async () => {
    const { handlers, url } = await loopback.serve();
    const opened = handlers.next('receiveCommands');
    const agent = joinTestAgent(url);
    await opened;
    const gone = handlers.next('receiveCommands gone');
    await agent.stop();
    await agent.stop();
    await gone;
    expect(handlers.requests.map(({ rpc }) => rpc)).not.toContain('unregisterAgent');
  });

  it('leaves in time when the server does not answer', async () => {
    const handlers = createInMemoryHandlers();
    const { url } = await loopback.serve({ handlers });
    handlers.unregisterAgent = () => new Promise(() => {});
    const opened = handlers.next('receiveCommands');
    const agent = joinTestAgent(url, { deadlines: { callMs: 600_000 } });
    await opened;
    await agent.membership.leave(30);
    expect(agent.logger.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'could not unregister: out of time' }),
    );
  });

  it('waits for a registration under way, so that it leaves no agent behind that nobody is', async () => {
    const handlers = createInMemoryHandlers();
    const { url } = await loopback.serve({ handlers });
    const asked = Promise.withResolvers<void>();
    const mayAnswer = Promise.withResolvers<void>();
    const register = handlers.registerAgent;
    handlers.registerAgent = async (request) => {
      asked.resolve();
      await mayAnswer.promise;
      return register(request);
    };
    const agent = joinTestAgent(url);
    await asked.promise;
    const left = agent.membership.leave();
    mayAnswer.resolve();
    await left;
    expect(handlers.requests.map(({ rpc }) => rpc)).toEqual(['registerAgent', 'unregisterAgent']);
    expect(agent.told).toEqual([]);
  });

  it('leaves at once when it has never reached the server', async () => {
    const agent = joinTestAgent('127.0.0.1:1');
    await agent.membership.leave();
    expect(agent.told).toEqual([]);
  });
});
