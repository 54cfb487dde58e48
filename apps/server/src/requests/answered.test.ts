import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Envelope } from '@parley/messaging';
import { eventually } from '@parley/messaging/test-queue';
import {
  AgentProfile,
  agentSignalKey,
  BROKER_INPUT_QUEUE,
  type ChatMessage,
  HEADERS,
  newId,
  type ReplyBody,
  Signals,
} from '@parley/shared-models';
import { loseAgent } from '@parley/store/testing';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { createProfileLookup } from '../agents/profile-lookup.ts';
import { onReply, onSettled } from './server-input-queue.ts';

const receive = ({ services }: ServicesFixture, envelope: Envelope): Promise<void> =>
  onReply(envelope, services, createProfileLookup(services));

describe('a reply from a process that was replaced meanwhile', () => {
  let fixture: ServicesFixture;
  beforeEach(async () => {
    fixture = await makeServices();
  });
  afterEach(() => fixture.remove());

  /** A message that the agent's first process had; a second one has registered since. */
  async function requestOfReplaced(agentId: string, { isSameProcess = false } = {}) {
    const instanceId = newId();
    const incarnation = await fixture.register(agentId, instanceId);
    const request = await fixture.accept('order 1 laptop');
    await fixture.give(request, agentId);
    await fixture.services.agents.register({
      agentId,
      isExclusive: true,
      instanceId: isSameProcess ? instanceId : newId(),
      profile: fixture.services.agents.require(agentId).profile,
    });
    const envelope = (headers: Envelope['headers'], claims: Partial<ReplyBody> = {}): Envelope => {
      const body: ReplyBody = {
        id: newId(),
        conversationId: request.conversationId,
        kind: 'REPLY',
        sender: { kind: 'agent', id: agentId, name: agentId },
        text: 'Order created.',
        inReplyTo: request.id,
        createdAt: new Date().toISOString(),
        ...claims,
      };
      return {
        messageId: body.id,
        correlationId: request.id,
        type: 'chat.reply',
        timestamp: Date.now(),
        headers: { [HEADERS.sender]: `agent:${agentId}`, [HEADERS.incarnation]: incarnation, ...headers },
        body: Buffer.from(JSON.stringify(body)),
      };
    };
    return { request, envelope };
  }
  const stored = (id: string) => fixture.store.getMessage(id);

  it('is refused when it answers the message, which is routed again', async () => {
    const { request, envelope } = await requestOfReplaced('planner');
    const reply = envelope({});
    const published: Envelope[] = [];
    await fixture.bus.consume(
      BROKER_INPUT_QUEUE,
      async (delivery) => void published.push(delivery.envelope),
      { prefetch: 1 },
    );
    await receive(fixture, reply);
    expect(await stored(reply.messageId)).toBeUndefined();
    expect((await stored(request.id))?.status?.status).toBe('accepted');
    await eventually(() =>
      expect(published).toMatchObject([{ messageId: request.id, headers: { [HEADERS.attempt]: 1 } }]),
    );
  });

  it('is taken when that is the same process, which has only registered again', async () => {
    const { request, envelope } = await requestOfReplaced('planner', { isSameProcess: true });
    await receive(fixture, envelope({}));
    expect((await stored(request.id))?.status?.status).toBe('answered');
  });

  it('without the kit is cleaned of what no database can hold, or refused with the name of its field', async () => {
    const { request, envelope } = await requestOfReplaced('planner', { isSameProcess: true });
    const odd = 'a\u0000b\ud83d';
    const reply = envelope(
      {},
      { text: odd, metadata: { [odd]: odd }, receiver: { kind: 'user', id: odd, name: odd } },
    );
    await receive(fixture, reply);
    expect((await stored(reply.messageId))?.message).toMatchObject({
      text: 'a\ufffdb\ufffd',
      metadata: { [odd]: odd },
    });
    expect((await stored(request.id))?.status?.status).toBe('answered');
    const wrong = envelope({}, { createdAt: 'yesterday' });
    await expect(receive(fixture, wrong)).rejects.toThrow('the body is no chat.reply: createdAt: Invalid');
  });

  it('has the name of the registration and is no word of Parley, whatever its agent says it is', async () => {
    const { request, envelope } = await requestOfReplaced('planner', { isSameProcess: true });
    const sender = { kind: 'agent', id: 'planner', name: 'Somebody else' } as const;
    const reply = envelope({}, { kind: 'SYSTEM', sender });
    await receive(fixture, reply);
    expect(await stored(reply.messageId)).toMatchObject({
      message: { kind: 'REPLY', sender: { kind: 'agent', id: 'planner', name: 'planner' } },
    });
    expect((await stored(request.id))?.status?.status).toBe('answered');
  });

  it('is kept when it follows from an event or a task: nobody would say it again', async () => {
    const { request, envelope } = await requestOfReplaced('planner');
    const saying = envelope({ [HEADERS.causation]: newId() });
    await receive(fixture, saying);
    expect(await stored(saying.messageId)).toMatchObject({ message: { text: 'Order created.' } });
    expect((await stored(request.id))?.status?.status).toBe('routed');
  });
});

describe('a reply beside the answer to a message that nobody has', () => {
  let fixture: ServicesFixture;
  let request: ChatMessage;
  beforeEach(async () => {
    fixture = await makeServices();
    for (const name of ['planner', 'mallory'])
      await fixture.services.agents.register({
        agentId: name,
        isExclusive: true,
        instanceId: newId(),
        profile: AgentProfile.parse({
          name,
          group: name,
          ...(name === 'planner' ? { subscriptions: [{ channel: 'agents', types: ['order_created'] }] } : {}),
        }),
      });
    request = await fixture.accept('compute');
  });
  afterEach(() => fixture.remove());

  /** The outcome of the agent's reply with this cause. */
  async function isStored(agentId: string, causeId: string): Promise<boolean> {
    const id = newId();
    const body: ReplyBody = {
      id,
      conversationId: request.conversationId,
      kind: 'REPLY',
      sender: { kind: 'agent', id: agentId, name: agentId },
      text: 'Send me your password.',
      inReplyTo: request.id,
      createdAt: new Date().toISOString(),
    };
    await receive(fixture, {
      messageId: id,
      correlationId: request.id,
      type: 'chat.reply',
      timestamp: Date.now(),
      headers: {
        [HEADERS.sender]: `agent:${agentId}`,
        [HEADERS.incarnation]: 1,
        [HEADERS.causation]: causeId,
      },
      body: Buffer.from(JSON.stringify(body)),
    });
    return (await fixture.store.getMessage(id)) !== undefined;
  }
  const logEvent = async (fields: object): Promise<string> => {
    const event = {
      id: newId(),
      type: 'order_created',
      payload: 1,
      source: { kind: 'agent', id: 'orders', name: 'Orders' } as const,
      at: new Date().toISOString(),
      ...fields,
    };
    await fixture.store.events.append({ channel: 'agents', event });
    return event.id;
  };
  const addTask = async (conversationId: string): Promise<string> => {
    const id = newId();
    const row = { id, group: 'planner', conversationId, ownerId: 'local', isOpen: true };
    await fixture.store.tasks.add({ ...row, document: '{}', view: '{}' });
    return id;
  };

  it('is refused when nothing is known that brought it about', async () => {
    expect(await isStored('mallory', newId())).toBe(false);
    expect((await fixture.store.getMessage(request.id))?.status?.status).toBe('accepted');
  });

  it('is taken for a task of its own group in that conversation only', async () => {
    const taskId = await addTask(request.conversationId);
    expect(await isStored('mallory', taskId)).toBe(false);
    expect(await isStored('planner', await addTask(newId()))).toBe(false);
    expect(await isStored('planner', taskId)).toBe(true);
  });

  it('is taken for an event that followed from the message and that its group takes only', async () => {
    const eventId = await logEvent({ correlationId: request.id });
    expect(await isStored('mallory', eventId)).toBe(false);
    expect(await isStored('planner', await logEvent({ correlationId: newId() }))).toBe(false);
    expect(await isStored('planner', await logEvent({ correlationId: request.id, type: 'other' }))).toBe(
      false,
    );
    expect(await isStored('planner', eventId)).toBe(true);
  });
});

describe('an answer of an instance that was away when its request was routed again', () => {
  let fixture: ServicesFixture;
  let request: ChatMessage;
  const register = (agentId: string, group: string) =>
    fixture.services.agents.register({
      agentId,
      isExclusive: false,
      instanceId: newId(),
      profile: AgentProfile.parse({ name: group, group }),
    });

  beforeEach(async () => {
    fixture = await makeServices();
    await register('busy', 'busy');
    await register('busy-2', 'busy');
    await register('other', 'other');
    request = await fixture.accept('compute');
    await fixture.give(request, 'busy');
    await loseAgent(fixture.store, { requestId: request.id, agentId: 'busy' });
    await fixture.give(request, 'busy-2', 1);
  });
  afterEach(() => fixture.remove());

  const envelope = (agentId: string, type: string, body: object): Envelope => ({
    messageId: newId(),
    correlationId: request.id,
    type,
    timestamp: Date.now(),
    headers: { [HEADERS.sender]: `agent:${agentId}`, [HEADERS.incarnation]: 1 },
    body: Buffer.from(JSON.stringify(body)),
  });
  const reply = (agentId: string, text: string) =>
    receive(
      fixture,
      envelope(agentId, 'chat.reply', {
        id: newId(),
        conversationId: request.conversationId,
        kind: 'REPLY',
        sender: { kind: 'agent', id: agentId, name: 'Busy' },
        text,
        inReplyTo: request.id,
        createdAt: new Date().toISOString(),
      }),
    );
  const settle = (agentId: string) =>
    onSettled(envelope(agentId, 'chat.settled', { requestId: request.id }), fixture.services);
  const state = async () => (await fixture.store.getMessage(request.id))?.status?.status;
  const texts = async () =>
    (await fixture.store.listMessages(request.conversationId, { limit: 10 })).messages
      .slice(1)
      .map(({ text }) => text);

  it('is taken, and the other instance, which has the request now, answers no more', async () => {
    await reply('busy', 'from the first');
    expect(await state()).toBe('answered');
    await reply('busy', 'and more');
    await reply('busy-2', 'from the second');
    expect(await texts()).toEqual(['from the first', 'and more']);
  });

  it('has the other instance, which has the request now, told to stop', async () => {
    const stopped = Promise.withResolvers<string>();
    const signals = await fixture.bus.subscribe(`test_${newId()}`, ({ type, body }) => {
      if (type === 'chat.cancel')
        stopped.resolve(
          Signals['chat.cancel'].parse(JSON.parse(Buffer.from(body).toString('utf8'))).messageId,
        );
    });
    await signals.bind(agentSignalKey('busy-2'));
    await reply('busy', 'from the first');
    expect(await stopped.promise).toBe(request.id);
  });

  it('is refused when the other instance was faster', async () => {
    await reply('busy-2', 'from the second');
    await reply('busy', 'from the first');
    expect(await texts()).toEqual(['from the second']);
  });

  it('is refused when it comes from another group', async () => {
    await reply('other', 'from somebody');
    await settle('other');
    expect(await state()).toBe('routed');
    expect(await texts()).toEqual([]);
  });

  it('is refused when a newer process speaks for that instance', async () => {
    await fixture.services.agents.register({
      agentId: 'busy',
      isExclusive: true,
      instanceId: newId(),
      profile: AgentProfile.parse({ name: 'busy', group: 'busy' }),
    });
    await reply('busy', 'from the replaced one');
    expect(await state()).toBe('routed');
  });

  it('is taken when it has nothing to say', async () => {
    await settle('busy');
    expect(await state()).toBe('answered');
  });
});
