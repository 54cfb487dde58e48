import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

describe.each([
  ['embedded', 'SQLite'],
  ['rabbitmq', 'SQLite'],
  ['rabbitmq', 'PostgreSQL'],
] as const)('chat over the %s queue, stored in %s', (driver, store) => {
  let system: ParleySystem;
  const clients: RawClient[] = [];
  const connect = async (options: Parameters<typeof connectRaw>[1] = {}): Promise<RawClient> => {
    const client = await connectRaw(system.webSocketUrl, options);
    clients.push(client);
    return client;
  };
  const replyTo = (client: RawClient, id: string) =>
    client.received('message', ({ message }) => message.inReplyTo === id && message.kind !== 'TEXT');

  beforeAll(async () => {
    system = await startSystem({ driver, hasPostgres: store === 'PostgreSQL' });
  });
  afterAll(async () => {
    for (const client of clients) client.terminate();
    await system?.stop();
  });

  it('greets with the agents that are online', async () => {
    const client = await connect();
    const welcome = await client.received('welcome');
    expect(welcome).toMatchObject({ queue: driver, user: { id: 'local', roles: ['admin'] } });
    const { agents, isFull } = await client.received('agents');
    expect(isFull).toBe(true);
    expect(agents).toMatchObject([{ agentId: 'echo', agentName: 'Echo', state: 'online', incarnation: 1 }]);
  });

  it('brings a message to the agent and its answer back', async () => {
    const client = await connect();
    const id = sendText(client, 'hello there');
    const ack = await client.received('ack', (frame) => frame.id === id);
    expect(ack.seq).toBe(1);
    const { message } = await replyTo(client, id);
    expect(message).toMatchObject({
      kind: 'REPLY',
      seq: 2,
      conversationId: ack.conversationId,
      sender: { kind: 'agent', id: 'echo', name: 'Echo' },
      text: expect.stringContaining('hello there'),
    });
  });

  it('tells each state of a message once, with the reason for the choice and the time at every hop', async () => {
    const client = await connect();
    const id = sendText(client, 'where have you been?');
    const answered = await client.received(
      'message.status',
      (frame) => frame.messageId === id && frame.status === 'answered',
    );
    const states = client.frames.flatMap((frame) =>
      frame.type === 'message.status' && frame.messageId === id ? [frame.status] : [],
    );
    expect(states).toEqual(['routed', 'delivered', 'answered']);
    expect(answered.routing).toMatchObject({
      agentId: 'echo',
      agentName: 'Echo',
      reason: expect.any(String),
    });
    expect(answered.hops.map((hop) => hop.service)).toEqual([
      'server',
      'broker',
      'server',
      'agent:echo',
      'broker',
      'server',
    ]);
    const times = answered.hops.map((hop) => Date.parse(hop.at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('tells a client of version 2 the same in three frames, and nothing twice', async () => {
    const client = await connect({ hello: { frames: 2 } });
    const conversationId = newId();
    let id = '';
    // What the first one finds in the store, since nobody followed the conversation, is told apart.
    for (const text of ['one', 'two', 'three']) {
      id = sendText(client, text, { conversationId });
      await replyTo(client, id);
    }
    const about = client.frames.filter(
      (frame) =>
        (frame.type === 'ack' && frame.id === id) ||
        (frame.type === 'message.status' && frame.messageId === id) ||
        (frame.type === 'message' && [frame.message.id, frame.message.inReplyTo].includes(id)),
    );
    expect(about).toMatchObject([
      { type: 'ack', message: { id, text: 'three', kind: 'TEXT' } },
      { type: 'message.status', status: 'delivered', routing: { agentId: 'echo' } },
      { type: 'message', message: { kind: 'REPLY' }, status: { status: 'answered' } },
    ]);
  });

  it('stores a message that is sent twice once, and acknowledges it twice alike', async () => {
    const client = await connect();
    const id = sendText(client, 'once');
    const first = await client.received('ack', (frame) => frame.id === id);
    await replyTo(client, id);
    client.send({ type: 'message.send', id, conversationId: first.conversationId, text: 'once' });
    sendText(client, 'a mark', { conversationId: first.conversationId });
    await client.received('ack', (frame) => frame.id !== id && frame.conversationId === first.conversationId);
    const acks = client.frames.filter((frame) => frame.type === 'ack' && frame.id === id);
    expect(acks).toEqual([first, first]);
    const shown = client.frames.filter(
      (frame) => frame.type === 'message' && frame.message.text.includes('once'),
    );
    expect(shown).toHaveLength(2);
  });

  it('keeps the order of a conversation without gaps under many messages at once', async () => {
    const client = await connect();
    const conversationId = newId();
    const ids = Array.from({ length: 50 }, (_, index) =>
      sendText(client, `number ${index}`, { conversationId }),
    );
    await Promise.all(ids.map((id) => replyTo(client, id)));
    const messages = client.frames.flatMap((frame) =>
      frame.type === 'message' && frame.message.conversationId === conversationId ? [frame.message] : [],
    );
    expect(messages.map((message) => message.seq)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
    expect(messages.filter((message) => message.kind === 'TEXT').map((message) => message.id)).toEqual(ids);
    expect(
      messages.filter((message) => message.kind === 'REPLY').map((message) => message.inReplyTo),
    ).toEqual(ids);
  });

  it('shows a conversation only to those who follow it', async () => {
    const [writer, follower, bystander] = [await connect(), await connect(), await connect()];
    const conversationId = newId();
    await replyTo(writer, sendText(writer, 'first', { conversationId }));
    follower.send({ type: 'conversation.open', conversationId });
    await follower.received('message', ({ message }) => message.seq === 2);
    const id = sendText(writer, 'second', { conversationId });
    await replyTo(follower, id);
    // An answer to a later frame comes after all that was sent before it.
    bystander.send({ type: 'ping' });
    await bystander.received('pong');
    expect(bystander.frames.filter((frame) => frame.type === 'message')).toEqual([]);
    const seen = follower.frames.flatMap((frame) => (frame.type === 'message' ? [frame.message.seq] : []));
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it('gives a returning client what it missed, and nothing twice', async () => {
    const first = await connect();
    const conversationId = newId();
    await replyTo(first, sendText(first, 'before', { conversationId }));
    first.close();
    await first.closed;
    const other = await connect();
    await replyTo(other, sendText(other, 'meanwhile', { conversationId }));
    const returned = await connect({ hello: { resume: { [conversationId]: 2 } } });
    await returned.received('message', ({ message }) => message.seq === 4);
    const seen = returned.frames.flatMap((frame) => (frame.type === 'message' ? [frame.message.seq] : []));
    expect(seen).toEqual([3, 4]);
  });

  it('tells a returning client how the message ended that it saw unanswered', async () => {
    const first = await connect();
    const conversationId = newId();
    const id = sendText(first, 'leaving before the answer', { conversationId });
    await replyTo(first, id);
    const returned = await connect({ hello: { resume: { [conversationId]: 1 } } });
    const status = await returned.received('message.status', (frame) => frame.messageId === id);
    expect(status.status).toBe('answered');
  });

  it('obeys a target, and says who is there when the target is not', async () => {
    const client = await connect();
    const named = sendText(client, 'by name', { target: { agentName: 'echo' } });
    const { routing } = await client.received('message.status', (frame) => frame.messageId === named);
    expect(routing).toMatchObject({ agentId: 'echo', strategy: 'target', confidence: 1 });
    const unknown = sendText(client, 'to nobody', { target: { agentName: 'Zeus' } });
    const { message } = await replyTo(client, unknown);
    expect(message).toMatchObject({
      kind: 'ERROR',
      sender: { kind: 'system' },
      text: expect.stringMatching(/Zeus.*Echo/s),
    });
    const status = await client.received(
      'message.status',
      (frame) => frame.messageId === unknown && frame.status === 'failed',
    );
    expect(status.error?.code).toBe('unknown_agent');
  });

  it('keeps the messages of a paused agent and has them answered in order when it goes on', async () => {
    const client = await connect();
    client.send({ type: 'agent.control', agentId: 'echo', action: 'pause' });
    await client.received('agents', ({ agents }) => agents.some((agent) => agent.state === 'paused'));
    const conversationId = newId();
    const target = { agentId: 'echo' };
    const ids = ['one', 'two', 'three'].map((text) => sendText(client, text, { conversationId, target }));
    await client.received(
      'message.status',
      (frame) => frame.messageId === ids[2] && frame.status === 'delivered',
    );
    client.send({ type: 'agent.control', agentId: 'echo', action: 'resume' });
    await Promise.all(ids.map((id) => replyTo(client, id)));
    const replies = client.frames.flatMap((frame) =>
      frame.type === 'message' && frame.message.kind === 'REPLY' ? [frame.message.inReplyTo] : [],
    );
    expect(replies).toEqual(ids);
  });

  it('lists conversations and their messages over HTTP', async () => {
    const client = await connect();
    const conversationId = newId();
    const id = sendText(client, 'find the zanzibar note', { conversationId });
    await replyTo(client, id);
    const found = await (await fetch(`${system.url}/api/conversations?search=ZANZIBAR`)).json();
    expect(found).toMatchObject({
      conversations: [{ id: conversationId, lastSeq: 2, title: 'find the zanzibar note' }],
    });
    const page = await (await fetch(`${system.url}/api/conversations/${conversationId}/messages`)).json();
    expect(page).toMatchObject({
      messages: [
        { id, seq: 1 },
        { inReplyTo: id, seq: 2 },
      ],
      statuses: [{ messageId: id, status: 'answered' }],
      hasMore: false,
    });
  });
});
