import { describe, expect, it } from '@jest/globals';
import {
  AgentStatus,
  type CommandRecord,
  LIMITS,
  newId,
  type ServerFrame,
  type Task,
} from '@parley/shared-models';
import { record, settled, startPair } from '../testing/start-pair.ts';

const conversationId = newId();
const agent = AgentStatus.parse({
  agentId: 'echo',
  agentName: 'Echo',
  group: 'echo',
  description: '',
  capabilities: [],
  state: 'online',
  load: 0,
  lastSeen: '2026-01-31T09:30:00.000Z',
  incarnation: 1,
  metrics: {},
});

const command: CommandRecord = {
  id: newId(),
  agentId: 'shell',
  agentName: 'Shell',
  requestedBy: { id: 'ada', name: 'Ada' },
  type: 'shell',
  command: 'ls',
  timeoutMs: 1000,
  state: 'running',
  createdAt: '2026-01-31T09:30:00.000Z',
  truncated: false,
  outputSeq: 0,
};

describe('frames of the server', () => {
  it('reaches the listeners of its kind', async () => {
    const { client, peer } = await startPair();
    const by = { kind: 'agent' as const, id: 'echo', name: 'Echo' };
    const frames = {
      typing: { type: 'typing', conversationId, by, isTyping: true },
      'command.status': { type: 'command.status', id: command.id, state: 'running', command },
      'command.output': { type: 'command.output', id: newId(), stream: 'stdout', seq: 1, data: 'x' },
      'event.accepted': { type: 'event.accepted', id: newId() },
      event: {
        type: 'event',
        channel: 'human',
        event: { id: newId(), type: 'note', payload: { a: 1 }, source: by, at: command.createdAt },
      },
      status: { type: 'message.status', messageId: newId(), conversationId, status: 'routed', hops: [] },
    } satisfies Record<string, ServerFrame>;
    const seen = Object.keys(frames).map((name) => record(client, name as keyof typeof frames));
    const tasks = record(client, 'task');
    const task: Task = {
      id: newId(),
      conversationId,
      state: 'PLANNING',
      title: '',
      version: 1,
      round: 1,
      plan: [],
    };
    peer.send(...Object.values(frames), { type: 'task.update', task });
    await settled(client, peer);
    expect(seen).toEqual(Object.values(frames).map((frame) => [frame]));
    expect(tasks).toEqual([task]);
  });

  it('keeps the list of agents', async () => {
    const { client, peer } = await startPair();
    const changes = record(client, 'agents');
    peer.send({ type: 'agents', agents: [agent], isFull: true });
    peer.send({ type: 'agents', agents: [{ ...agent, state: 'paused' }], isFull: false });
    const { agentId, lastSeen, metrics } = agent;
    peer.send({ type: 'agents.load', agents: [{ agentId, lastSeen, metrics, load: 0.5 }] });
    await settled(client, peer);
    expect(changes.map(({ isFull }) => isFull)).toEqual([true, false, false]);
    expect(client.agents.get('echo')).toEqual({ ...agent, state: 'paused', load: 0.5 });
  });

  it('emits the pieces of a reply in order, and no piece after the reply', async () => {
    const { client, peer } = await startPair();
    const deltas = record(client, 'delta');
    const messageId = newId();
    const piece = (index: number): ServerFrame => ({
      type: 'message.delta',
      messageId,
      conversationId,
      agentId: 'echo',
      index,
      text: `${index}`,
    });
    client.open(conversationId);
    peer.send(piece(1), piece(0), piece(1), piece(2), piece(4));
    peer.send({
      type: 'message',
      message: {
        id: messageId,
        conversationId,
        seq: 1,
        kind: 'REPLY',
        sender: { kind: 'agent', id: 'echo', name: 'Echo' },
        text: '012345',
        createdAt: new Date().toISOString(),
      },
    });
    peer.send(piece(5));
    await settled(client, peer);
    expect(deltas.map(({ index }) => index)).toEqual([1, 2, 4]);
  });

  it.each([
    ['text that is not JSON', 'hello?', 'invalid_json', 'not JSON'],
    ['a type that is not in the protocol', '{"type":"constructor"}', 'unknown_type', 'constructor'],
    ['a frame with a missing field', '{"type":"ack","id":"x"}', 'invalid_frame', 'id'],
    ['a binary frame', Buffer.from('{}'), 'invalid_json', 'binary'],
  ])('is reported when it is %s, and the connection stays', async (_, garbage, code, message) => {
    const { client, peer } = await startPair();
    const errors = record(client, 'error');
    const states = record(client, 'connection');
    peer.socket.send(garbage);
    await settled(client, peer);
    expect(errors[0]).toMatchObject({ code, origin: 'client', message: expect.stringContaining(message) });
    expect(states).toEqual([]);
  });

  it('reaches the other listeners when one throws, which is reported', async () => {
    const { client, peer } = await startPair();
    const mistake = new Error('oops');
    const errors = record(client, 'error');
    client.on('typing', () => {
      throw mistake;
    });
    const typing = record(client, 'typing');
    const by = { kind: 'agent', id: 'echo', name: 'Echo' } as const;
    peer.send({ type: 'typing', conversationId, by, isTyping: true });
    await settled(client, peer);
    expect(typing).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code: 'internal', cause: mistake });
  });
});

describe('requests of the app', () => {
  it('goes out as frames of the protocol', async () => {
    const { client, peer } = await startPair();
    client.open(conversationId, 3);
    client.typing(conversationId, true);
    client.control('*', 'pause');
    client.cancel(conversationId);
    client.requestAgents();
    client.frame({ type: 'queues.reset', confirm: true });
    client.leave(conversationId);
    expect(await peer.take('conversation.open')).toMatchObject({ conversationId, afterSeq: 3 });
    expect(await peer.take('typing')).toMatchObject({ conversationId, isTyping: true });
    expect(await peer.take('agent.control')).toMatchObject({ agentId: '*', action: 'pause' });
    expect(await peer.take('message.cancel')).toMatchObject({ messageId: conversationId });
    await peer.take('agents.request');
    await peer.take('queues.reset');
    expect(await peer.take('conversation.close')).toMatchObject({ conversationId });
  });

  it('is refused without a connection where it would be stale later, except the list of agents', async () => {
    const { client, peer, server } = await startPair();
    await client.close();
    expect(client.control('echo', 'pause')).toBe(false);
    expect(client.typing(conversationId, true)).toBe(false);
    expect(client.frame({ type: 'queues.reset', confirm: true })).toBe(false);
    client.requestAgents();
    client.connect();
    const next = await server.next();
    await next.welcome();
    await next.take('agents.request');
    expect(peer.all).toHaveLength(1);
  });

  it('does not tell of typing in a conversation that has no message yet', async () => {
    const { client, peer } = await startPair();
    const sent = client.send({ text: 'hi' });
    expect(client.typing(sent.conversationId, true)).toBe(false);
    await peer.acknowledge(1);
    await sent.accepted;
    expect(client.typing(sent.conversationId, true)).toBe(true);
  });

  it('is not sent when it is larger than the server takes', async () => {
    const { client, peer } = await startPair();
    const errors = record(client, 'error');
    const payload = 'x'.repeat(LIMITS.frameBytes);
    const isSent = client.frame({
      type: 'event.publish',
      channel: 'human',
      event: { id: newId(), type: 'big', payload },
    });
    expect(isSent).toBe(false);
    expect(errors).toEqual([expect.objectContaining({ code: 'invalid_frame' })]);
    await settled(client, peer);
    expect(client.connection.state).toBe('open');
  });
});
