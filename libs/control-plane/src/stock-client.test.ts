import type { Metadata, ServiceError } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { type ChatMessage, loadOf, newId } from '@parley/shared-models';
import { onLoopback } from '../testing/fixture.ts';
import { agentStatus } from '../testing/in-memory-handlers.ts';
import { call, type StockStream, stockStub } from '../testing/stock-stubs.ts';

/** The life of an agent and of a broker, by somebody who has nothing but the .proto files. */
describe('a stock gRPC client made of the .proto files', () => {
  const loopback = onLoopback();

  async function served() {
    const { url, handlers } = await loopback.serve();
    const stub = (file: string, service: string) =>
      loopback.stopLater(stockStub(`parley/v1/${file}.proto`, `parley.v1.${service}`, url));
    return {
      handlers,
      registration: stub('agent_registration', 'AgentRegistrationService'),
      brokers: stub('broker_registration', 'BrokerRegistrationService'),
      statuses: stub('agent_status', 'AgentStatusService'),
      commands: stub('command', 'CommandService'),
      memory: stub('memory', 'AgentMemoryService'),
      conversations: stub('agent_conversation', 'AgentConversationService'),
    };
  }
  const profile = { name: 'Écho', group: 'echo' };
  const me = { agent_id: 'echo', incarnation: 1 };
  const callerOf = ({ agent_id: agentId, incarnation }: typeof me) => ({ agentId, incarnation });
  const items = (stream: StockStream | undefined) => {
    if (stream === undefined) throw new Error('no such rpc');
    const iterator = stream[Symbol.asyncIterator]();
    return async (): Promise<Record<string, unknown>> => (await iterator.next()).value;
  };

  it('lives the life of an agent', async () => {
    const { handlers, registration, commands } = await served();
    const request = { agent_id: 'echo', instance_id: 'a python process', profile };
    expect(await call(registration, 'RegisterAgent', request)).toEqual({
      agent_id: 'echo',
      incarnation: '1',
      heartbeat_ms: 20,
      state: 'AGENT_STATE_ONLINE',
    });
    expect(handlers.requests[0]?.request).toEqual({
      agentId: 'echo',
      isExclusive: false,
      instanceId: 'a python process',
      profile: {
        ...profile,
        description: '',
        capabilities: [],
        keywords: [],
        examples: [],
        concurrency: 4,
        subscriptions: [],
      },
      queue: '',
    });

    const opened = handlers.next('receiveCommands');
    const stream = commands.ReceiveCommands?.(me);
    const nextCommand = items(stream);
    await opened;
    const beat = { ...me, load: 0.5, state: 'AGENT_STATE_PAUSED' };
    expect(await call(registration, 'Heartbeat', beat)).toEqual({ state: 'AGENT_STATE_ONLINE' });
    expect(handlers.requests.at(-1)?.request).toEqual({
      agentId: 'echo',
      incarnation: 1,
      load: 0.5,
      metrics: { handled: 0, failed: 0, meanHandleMs: 0 },
      state: 'paused',
    });

    const commandId = newId();
    const command = { commandId, content: 'uptime', timeoutMs: 5_000, isCancellation: false };
    handlers.commandStreams.get('echo')?.send({ ...command, type: 'shell' });
    expect(await nextCommand()).toEqual({
      command_id: commandId,
      type: 'COMMAND_TYPE_SHELL',
      content: 'uptime',
      timeout_ms: '5000',
      is_cancellation: false,
    });
    const answered = Promise.withResolvers<unknown>();
    const output = commands.SendCommandOutput?.((error: ServiceError | null, answer: unknown) =>
      error === null ? answered.resolve(answer) : answered.reject(error),
    );
    const piece = { ...me, command_id: commandId, stream: 'OUTPUT_STREAM_STDERR' };
    output?.write({ ...piece, seq: 1, data: 'up ' });
    output?.write({ ...piece, seq: 2, data: '3 days' });
    output?.end();
    expect(await answered.promise).toEqual({ received: '2' });
    const result = { ...me, command_id: commandId, success: true, exit_code: 0, duration_ms: 3.5 };
    expect(await call(commands, 'SendCommandResult', result)).toEqual({});
    expect(handlers.requests.at(-1)?.request).toMatchObject({ exitCode: 0, success: true, durationMs: 3.5 });

    const gone = handlers.next('receiveCommands gone');
    stream?.on('error', () => {});
    stream?.cancel();
    await gone;
    expect(await call(registration, 'UnregisterAgent', me)).toEqual({});
  });

  it('remembers', async () => {
    const { registration, memory } = await served();
    await call(registration, 'RegisterAgent', { agent_id: 'echo', instance_id: 'p', profile });
    const key = { ...me, subject: 'ada', key: 'goal' };
    const stored = {
      key: 'goal',
      value: '"10k steps"',
      version: '1',
      updated_at: '2026-01-31T12:00:00.000Z',
      is_deleted: false,
      write_id: 'w1',
    };
    const put = { key, value: '"10k steps"', expected_version: 0, write_id: 'w1' };
    expect(await call(memory, 'Put', put)).toEqual({ entry: stored });
    expect(await call(memory, 'Get', { key })).toEqual({ entry: stored });
    expect(await call(memory, 'History', { key })).toEqual({ entries: [stored] });
    expect(await call(memory, 'Delete', { key })).toEqual({ version: '1' });
  });

  it('knows what was said before, and asks others', async () => {
    const { handlers, registration, conversations } = await served();
    await call(registration, 'RegisterAgent', { agent_id: 'echo', instance_id: 'p', profile });
    const message: ChatMessage = {
      id: newId(),
      conversationId: newId(),
      seq: 2,
      kind: 'REPLY',
      sender: { kind: 'agent', id: 'finance', name: 'Finance' },
      text: '€ 10',
      createdAt: '2026-01-31T12:00:00.000Z',
      metadata: { cited: true },
    };
    const received = {
      id: message.id,
      conversation_id: message.conversationId,
      seq: '2',
      kind: 'MESSAGE_KIND_REPLY',
      sender: { kind: 'PARTICIPANT_KIND_AGENT', id: 'finance', name: 'Finance' },
      text: '€ 10',
      created_at: message.createdAt,
      metadata: '{"cited":true}',
    };
    handlers.said = [message];
    handlers.answer = async () => message;
    const requestId = newId();
    const history = await call(conversations, 'History', { ...me, request_id: requestId });
    expect(history).toMatchObject({ messages: [received] });
    expect(handlers.requests.at(-1)?.request).toEqual({ ...callerOf(me), requestId, limit: 50 });
    const id = newId();
    const ask = { ...me, request_id: requestId, id, target_name: 'Finance', text: 'Left?', timeout_ms: 900 };
    expect(await call(conversations, 'Ask', ask)).toMatchObject({ reply: received });
    expect(handlers.requests.at(-1)?.request).toEqual({
      ...callerOf(me),
      requestId,
      id,
      target: { agentName: 'Finance' },
      text: 'Left?',
      timeoutMs: 900,
    });
    expect(await call(conversations, 'CancelAsk', { ...me, id })).toEqual({});
    expect(await call(conversations, 'IsWanted', { ...me, request_id: requestId })).toEqual({
      is_wanted: true,
    });
  });

  it('lives the life of a broker', async () => {
    const { handlers, brokers, statuses } = await served();
    const broker = { broker_id: 'b-1', name: 'Go broker' };
    expect(await call(brokers, 'RegisterBroker', broker)).toEqual({ heartbeat_ms: 20 });
    const subscribed = handlers.next('subscribeToAgentStatus');
    const stream = statuses.SubscribeToAgentStatus?.({ subscriber_id: 'b-1' });
    const nextUpdate = items(stream);
    await subscribed;
    expect(await nextUpdate()).toMatchObject({ is_full: true });
    handlers.statusStreams.get('b-1')?.send({ agents: [agentStatus()], isFull: false, removed: ['gone'] });
    expect(await nextUpdate()).toEqual({
      agents: [
        {
          agent_id: 'echo',
          agent_name: 'Echo',
          group: 'echo',
          description: 'Says it again',
          capabilities: ['echo'],
          keywords: ['say'],
          examples: ['Say it again'],
          state: 'AGENT_STATE_ONLINE',
          load: 0.5,
          last_seen: '2026-01-31T12:00:00.000Z',
          incarnation: '1',
          metrics: { handled: '3', failed: '1', mean_handle_ms: 2.5 },
        },
      ],
      is_full: false,
      removed: ['gone'],
      has_more: false,
    });
    const [loads, metrics] = [[loadOf(agentStatus())], { handled: '3', failed: '1', mean_handle_ms: 2.5 }];
    handlers.statusStreams.get('b-1')?.send({ agents: [], isFull: false, removed: [], loads });
    expect(await nextUpdate()).toMatchObject({
      loads: [{ agent_id: 'echo', load: 0.5, last_seen: '2026-01-31T12:00:00.000Z', metrics }],
    });
    stream?.on('error', () => {});
    stream?.cancel();
    expect(await call(brokers, 'UnregisterBroker', { broker_id: 'b-1' })).toEqual({});
  });

  it('reads why it was refused from the status and the trailing metadata', async () => {
    const { registration, statuses, memory } = await served();
    const stranger = { ...me, key: 'goal' };
    const refusal = (done: Promise<unknown>) =>
      done.then(
        () => undefined,
        ({ code, details, metadata }: ServiceError & { metadata: Metadata }) => ({
          code,
          details,
          parley: metadata.get('parley-code')[0],
          more: JSON.parse(String(metadata.get('parley-details-bin')[0] ?? 'null')),
        }),
      );
    const nameless = { agent_id: 'echo', instance_id: 'p', profile: { group: 'echo' } };
    expect(await refusal(call(registration, 'RegisterAgent', nameless))).toEqual({
      code: 3,
      details: expect.stringMatching(/^profile\.name: /),
      parley: 'invalid_request',
      more: { path: 'profile.name' },
    });
    expect(await refusal(call(registration, 'Heartbeat', { ...me, state: 'AGENT_STATE_ONLINE' }))).toEqual({
      code: 5,
      details: '"echo" is not registered here.',
      parley: 'not_registered',
      more: null,
    });
    expect(await refusal(call(statuses, 'GetAgentStatus', { agent_id: 'echo' }))).toMatchObject({ code: 5 });
    expect(await refusal(call(memory, 'Get', { key: stranger }))).toMatchObject({ code: 5 });
    await call(registration, 'RegisterAgent', { agent_id: 'echo', instance_id: 'p', profile });
    const late = { key: stranger, value: '1', expected_version: 7 };
    expect(await refusal(call(memory, 'Put', late))).toEqual({
      code: 10,
      details: 'it has version 0',
      parley: 'id_conflict',
      more: { version: 0 },
    });
  });
});
