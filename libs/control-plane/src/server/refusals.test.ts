import { describe, expect, it } from '@jest/globals';
import { AgentProfile, type ErrorCode, newId, ParleyError } from '@parley/shared-models';
import { collect } from '../../testing/collect.ts';
import { onLoopback } from '../../testing/fixture.ts';
import { createInMemoryHandlers } from '../../testing/in-memory-handlers.ts';

const profile = AgentProfile.parse({ name: 'Echo', group: 'echo' });
const registration = { agentId: 'echo', isExclusive: false, instanceId: 'process 1', profile };
const metrics = { handled: 0, failed: 0, meanHandleMs: 0 };
const beat = { agentId: 'echo', incarnation: 1, load: 0, metrics, state: 'online' as const };

describe('a refused RPC', () => {
  const loopback = onLoopback();

  /** A handler that throws. */
  async function failingWith(error: unknown) {
    const handlers = createInMemoryHandlers();
    handlers.getAgentStatus = () => Promise.reject(error);
    const { url, logger } = await loopback.serve({ handlers });
    const failure = await loopback
      .connect(url)
      .getAgentStatus({ agentId: 'echo' })
      .catch((thrown: unknown) => thrown);
    return { failure, logger };
  }

  const statuses: [ErrorCode, number][] = [
    ['stale_incarnation', 9],
    ['not_found', 5],
    ['not_registered', 5],
    ['unknown_agent', 5],
    ['unauthenticated', 16],
    ['forbidden', 7],
    ['unavailable', 14],
    ['bus_unavailable', 14],
    ['store_unavailable', 14],
    ['not_supported', 12],
    ['invalid_request', 3],
    ['id_conflict', 10],
    ['rate_limited', 8],
    ['agent_failed', 13],
    ['internal', 13],
  ];
  it.each(statuses)(
    'carries %s as gRPC status %i, and comes out as the error it was',
    async (code, status) => {
      const thrown = new ParleyError(code, 'Dafür gibt es Gründe: 100 %', {
        details: { path: 'a.b', n: [1] },
      });
      const { failure } = await failingWith(thrown);
      expect(failure).toBeInstanceOf(ParleyError);
      expect(failure).toMatchObject({ code, message: thrown.message, details: { path: 'a.b', n: [1] } });
      expect((failure as ParleyError).cause).toMatchObject({ code: status });
    },
  );

  it('does not tell of an error without a code, which the log has instead', async () => {
    const { failure, logger } = await failingWith(new Error('password is 1234'));
    expect(failure).toMatchObject({ code: 'internal', message: 'Something went wrong on the server.' });
    expect(logger.lines).toContainEqual({
      level: 'error',
      message: 'an RPC failed',
      fields: expect.objectContaining({ rpc: '/parley.v1.AgentStatusService/GetAgentStatus' }),
    });
  });

  it('is one for which there is no handler', async () => {
    const handlers = { ...createInMemoryHandlers(), unregisterBroker: undefined as never };
    const { url, logger } = await loopback.serve({ handlers });
    const failure = loopback.connect(url).unregisterBroker({ brokerId: 'b-1' });
    await expect(failure).rejects.toMatchObject({ code: 'internal' });
    expect(logger.lines).toContainEqual(expect.objectContaining({ message: 'an RPC failed' }));
  });

  it('ends a stream with the code of its handler', async () => {
    const { url } = await loopback.serve();
    const client = loopback.connect(url);
    await expect(
      collect(client.receiveCommands({ agentId: 'nobody', incarnation: 1 })),
    ).rejects.toMatchObject({
      code: 'not_registered',
    });
  });

  it('ends a stream with the code that it was ended with later', async () => {
    const { url, handlers } = await loopback.serve();
    const client = loopback.connect(url);
    await client.registerAgent(registration);
    const opened = handlers.next('receiveCommands');
    const received = collect(client.receiveCommands({ agentId: 'echo', incarnation: 1 }));
    await opened;
    handlers.commandStreams.get('echo')?.end(new ParleyError('stale_incarnation', 'taken over'));
    await expect(received).rejects.toMatchObject({ code: 'stale_incarnation', message: 'taken over' });
  });

  it('ends the output of commands with the code of its handler, at the piece that was refused', async () => {
    const { url, handlers } = await loopback.serve();
    const client = loopback.connect(url);
    const output = client.sendCommandOutput();
    const piece = {
      commandId: newId(),
      agentId: 'nobody',
      incarnation: 1,
      stream: 'stdout' as const,
      data: 'x',
    };
    await output.send({ ...piece, seq: 1 });
    await expect(output.end()).rejects.toMatchObject({ code: 'not_registered' });
    await expect(output.send({ ...piece, seq: 2 })).rejects.toMatchObject({ code: 'not_registered' });
    expect(handlers.requests).toEqual([]);
  });
});

describe('a bad request', () => {
  const loopback = onLoopback();

  type Client = ReturnType<typeof loopback.connect>;
  const cases: [what: string, path: string, call: (client: Client) => Promise<unknown>][] = [
    ['an empty agent id', 'agent_id', (c) => c.registerAgent({ ...registration, agentId: '' })],
    [
      'an agent id that is no queue name',
      'agent_id',
      (c) => c.registerAgent({ ...registration, agentId: 'a b' }),
    ],
    ['an empty instance id', 'instance_id', (c) => c.registerAgent({ ...registration, instanceId: '' })],
    [
      'a missing profile',
      'profile',
      (c) => c.registerAgent({ ...registration, profile: undefined as never }),
    ],
    [
      'a blank name',
      'profile.name',
      (c) => c.registerAgent({ ...registration, profile: { ...profile, name: '  ' } }),
    ],
    [
      'too many keywords',
      'profile.keywords',
      (c) => c.registerAgent({ ...registration, profile: { ...profile, keywords: Array(201).fill('x') } }),
    ],
    [
      'an example that is too long',
      'profile.examples.1',
      (c) => c.registerAgent({ ...registration, profile: { ...profile, examples: ['a', 'x'.repeat(301)] } }),
    ],
    [
      'a concurrency of 0',
      'profile.concurrency',
      (c) => c.registerAgent({ ...registration, profile: { ...profile, concurrency: 0 } }),
    ],
    ['a negative incarnation', 'incarnation', (c) => c.unregisterAgent({ agentId: 'echo', incarnation: -1 })],
    ['an incarnation that is not set', 'incarnation', (c) => c.heartbeat({ ...beat, incarnation: 0 })],
    ['a negative load', 'load', (c) => c.heartbeat({ ...beat, load: -0.5 })],
    ['a load that is no number', 'load', (c) => c.heartbeat({ ...beat, load: Number.NaN })],
    [
      'a negative counter',
      'metrics.mean_handle_ms',
      (c) => c.heartbeat({ ...beat, metrics: { ...metrics, meanHandleMs: -1 } }),
    ],
    ['an agent that says it is offline', 'state', (c) => c.heartbeat({ ...beat, state: 'offline' })],
    ['a state that is not set', 'state', (c) => c.heartbeat({ ...beat, state: 'unspecified' as never })],
    ['an empty broker id', 'broker_id', (c) => c.registerBroker({ brokerId: '', name: 'Broker' })],
    ['a broker id that is too long', 'broker_id', (c) => c.unregisterBroker({ brokerId: 'x'.repeat(129) })],
    ['a broker without a name', 'name', (c) => c.registerBroker({ brokerId: 'b-1', name: '' })],
    ['a status of nobody', 'agent_id', (c) => c.getAgentStatus({ agentId: '' })],
    [
      'an empty subscriber id',
      'subscriber_id',
      (c) => collect(c.subscribeToAgentStatus({ subscriberId: '' })),
    ],
    ['commands for nobody', 'agent_id', (c) => collect(c.receiveCommands({ agentId: '', incarnation: 1 }))],
    [
      'a command id that is no UUID',
      'command_id',
      (c) => c.sendCommandResult({ ...result(), commandId: '123e4567-e89b-42d3-a456-42661417400' }),
    ],
    ['a negative duration', 'duration_ms', (c) => c.sendCommandResult({ ...result(), durationMs: -1 })],
    [
      'an error message that is too long',
      'error_message',
      (c) => c.sendCommandResult({ ...result(), errorMessage: 'x'.repeat(4001) }),
    ],
    ['output with number 0', 'seq', (c) => send(c, { seq: 0 })],
    ['output from nowhere', 'stream', (c) => send(c, { stream: 'stdin' as never })],
    ['a piece of output that is too long', 'data', (c) => send(c, { data: 'x'.repeat(65_537) })],
  ];

  const result = () => ({
    commandId: newId(),
    agentId: 'echo',
    incarnation: 1,
    success: true,
    truncated: false,
    durationMs: 1,
  });
  const send = async (client: Client, fields: object): Promise<number> => {
    const output = client.sendCommandOutput();
    const piece = {
      commandId: newId(),
      agentId: 'echo',
      incarnation: 1,
      stream: 'stdout' as const,
      seq: 1,
      data: '',
    };
    await output.send({ ...piece, ...fields });
    return output.end();
  };

  it.each(cases)('is refused, and the field is named: %s (%s)', async (_, path, call) => {
    const { url, handlers } = await loopback.serve();
    const failure = await call(loopback.connect(url)).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'invalid_request', details: { path }, cause: { code: 3 } });
    expect((failure as Error).message).toMatch(new RegExp(`^${path}: .+`));
    expect(handlers.requests).toEqual([]);
  });

  it('is refused before it is read when it is larger than a message may be', async () => {
    const { url, handlers } = await loopback.serve({ maxMessageBytes: 2_000 });
    const large = { ...registration, profile: { ...profile, examples: Array(20).fill('x'.repeat(200)) } };
    await expect(loopback.connect(url).registerAgent(large)).rejects.toMatchObject({
      code: 'invalid_request',
      cause: { code: 8 },
    });
    expect(handlers.requests).toEqual([]);
  });
});
