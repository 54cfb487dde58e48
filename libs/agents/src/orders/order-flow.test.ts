import { describe, expect, it } from '@jest/globals';
import type { AgentDefinition, EventContext } from '@parley/agent-kit';
import { createInMemoryAccess, createTestContext, testAgent } from '@parley/agent-kit/testing';
import { createLogger } from '@parley/process-kit';
import {
  type ChannelName,
  deriveId,
  type JsonValue,
  newId,
  type Participant,
  type PublishedEvent,
} from '@parley/shared-models';
import { createCoordinatorAgent } from './coordinator-agent.ts';
import { createEmailAgent, NO_ADDRESS } from './email-agent.ts';
import { DAILY_LIMITS, limitReached, type MailLimits } from './mail-limits.ts';
import type { Mail, Mailer } from './mailer.ts';
import { createOrdersAgent } from './orders-agent.ts';

const ADA: Participant = { kind: 'user', id: 'ada', name: 'Ada' };
const COORDINATOR: Participant = { kind: 'agent', id: 'coordinator', name: 'Coordinator' };
const TOLD = 'Order created, you will receive an email soon.';

/** The three agents with the channels between them, without a queue: the others handle each event at once. */
function createFlow(mailer: Partial<Mailer> = {}, limits: MailLimits = DAILY_LIMITS) {
  const mails: Mail[] = [];
  const send: Mailer['send'] = async (mail) => {
    mails.push(mail);
    return 'sent';
  };
  const email = createEmailAgent({ label: 'a test', send, ...mailer }, limits);
  const agents = [createCoordinatorAgent(), createOrdersAgent(), email].map((definition) => ({
    definition,
    group: definition.name.toLowerCase(),
    memory: createInMemoryAccess(),
  }));
  const events: PublishedEvent[] = [];
  const replies: { readonly text: string; readonly messageId: string }[] = [];

  async function publish(channel: ChannelName, event: PublishedEvent): Promise<void> {
    events.push(event);
    for (const { definition, group, memory } of agents) {
      if (!isWanted(definition, channel, event)) continue;
      const memoryAbout = (id: string): EventContext['memory'] =>
        createTestContext('', { user: { id, name: id }, group, memory }).context.memory;
      const agent = { id: group, name: definition.name };
      let ordinal = 0;
      await definition.onEvent?.({
        channel,
        event,
        agent,
        memory: memoryAbout('').shared,
        memoryAbout,
        async publish(to, type, payload, { id = deriveId(event.id, group, 'event', ordinal++) } = {}) {
          await publish(to, {
            id,
            type,
            payload: payload as JsonValue,
            source: { kind: 'agent', ...agent },
            at: event.at,
            correlationId: event.correlationId ?? event.id,
            causationId: event.id,
          });
          return id;
        },
        async reply(text, { messageId }) {
          replies.push({ text, messageId });
        },
        signal: new AbortController().signal,
        logger: createLogger('test', 'silent'),
      });
    }
  }
  const order = async (payload: JsonValue, more: Partial<PublishedEvent> = {}): Promise<PublishedEvent> => {
    const event: PublishedEvent = {
      id: newId(),
      type: 'order_requested',
      payload,
      source: COORDINATOR,
      at: new Date().toISOString(),
      ...more,
    };
    await publish('human', event);
    return event;
  };
  const listOf = async (id: string): Promise<string> => {
    const memory = agents[1]?.memory;
    if (memory === undefined) throw new Error('there are three agents');
    const { text } = await testAgent(createOrdersAgent(), { memory }).send('Show my orders', {
      user: { id, name: id },
    });
    return text;
  };
  return { publish, order, listOf, events, mails, replies };
}

function isWanted({ subscriptions = [] }: AgentDefinition, channel: ChannelName, { type }: PublishedEvent) {
  return subscriptions.some((wanted) => wanted.channel === channel && wanted.types?.includes(type) === true);
}
const laptop = { product: 'Laptop', quantity: 1 };

describe('an order', () => {
  it('that a person publishes is theirs, whomever it names, and mailed to no address that it names', async () => {
    const { order, listOf, mails } = createFlow();
    const customer = { id: 'bob', name: 'Bob', email: 'bob@example.com' };
    await order({ ...laptop, customer }, { source: ADA });
    expect(await listOf('bob')).toContain('You have no orders yet');
    expect(await listOf('ada')).toContain('1 × Laptop');
    expect(mails).toMatchObject([
      { to: { name: 'Ada', address: 'ada@parley.localhost' }, isAddressKnown: false },
    ]);
  });

  it('that an agent passes on is for the person that the agent names', async () => {
    const { order, listOf, mails } = createFlow();
    await order({ ...laptop, customer: { id: 'bob', name: 'Bob', email: 'bob@example.com' } });
    expect(await listOf('bob')).toContain('1 × Laptop');
    expect(mails).toMatchObject([{ to: { name: 'Bob', address: 'bob@example.com' }, isAddressKnown: true }]);
  });

  it('is another one than the second that follows from the same message', async () => {
    const { order, listOf, mails, replies } = createFlow();
    const correlationId = newId();
    const customer = { id: 'ada', name: 'Ada' };
    await order({ ...laptop, customer }, { correlationId, causationId: correlationId });
    await order({ product: 'Chair', quantity: 2, customer }, { correlationId, causationId: correlationId });
    expect((await listOf('ada')).split('\n').slice(2)).toEqual([
      '- 1 × Laptop: created, and you were told',
      '- 2 × Chair: created, and you were told',
    ]);
    expect(mails.map(({ subject }) => subject)).toEqual(['Your order: 1 × Laptop', 'Your order: 2 × Chair']);
    expect(replies).toEqual([
      { text: TOLD, messageId: correlationId },
      { text: TOLD, messageId: correlationId },
    ]);
  });

  it('is one when its request comes twice, with one mail, under the same ids', async () => {
    const { order, publish, listOf, events, mails } = createFlow();
    const request = await order(laptop, { source: ADA });
    await publish('human', request);
    expect((await listOf('ada')).split('\n').slice(2)).toHaveLength(1);
    expect(mails).toHaveLength(1);
    expect(new Set(events.map(({ id }) => id)).size).toBe(4);
  });

  it('is not marked as told by an event of a person', async () => {
    const { order, publish, listOf, events } = createFlow({
      send: () => Promise.reject(new Error('mailbox full')),
    });
    await expect(order(laptop, { source: ADA })).rejects.toThrow('mailbox full');
    const created = events.find(({ type }) => type === 'order_created')?.payload as { orderId: string };
    await publish('human', {
      id: newId(),
      type: 'notification',
      payload: { message: 'done', orderId: created.orderId },
      source: ADA,
      at: new Date().toISOString(),
    });
    expect(await listOf('ada')).toContain('1 × Laptop: created\n'.trimEnd());
    expect(await listOf('ada')).not.toContain('you were told');
  });

  it('that is written with an address is mailed there', async () => {
    const coordinator = testAgent(createCoordinatorAgent());
    const { text, published } = await coordinator.send('order 1 laptop, mail to ada@example.com');
    expect(text).toBe('I pass your order on: 1 × Laptop, mail to ada@example.com.');
    const { order, mails } = createFlow();
    for (const { payload } of published) await order(payload);
    expect(mails).toMatchObject([{ to: { name: 'Ada', address: 'ada@example.com' }, isAddressKnown: true }]);
  });

  it('whose mail could not be addressed is created, and promises no mail', async () => {
    const { order, listOf, replies } = createFlow({ send: async () => 'kept' });
    await order({ ...laptop, customer: { id: 'ada', name: 'Ada' } }, { correlationId: newId() });
    expect(replies).toMatchObject([{ text: NO_ADDRESS }]);
    expect(await listOf('ada')).toContain('created, and you were told');
  });

  describe('is mailed to an address that a person names', () => {
    const limits = { person: 3, address: 2, all: 4 };
    const orderOf = (id: string, email: string): JsonValue => ({
      ...laptop,
      customer: { id, name: id, email },
    });

    it('so often a day, and then says so', async () => {
      const { order, mails, replies } = createFlow({}, limits);
      for (const email of ['victim@example.com', 'Victim+1@Example.com', 'victim+2@example.com'])
        await order(orderOf('mallory', email), { correlationId: newId() });
      expect(mails).toHaveLength(2);
      expect(replies.map(({ text }) => text)).toEqual([TOLD, TOLD, limitReached(limits)]);
    });

    it('as one mailbox however its provider lets it be written', async () => {
      const { order, mails } = createFlow({}, limits);
      for (const email of ['ada.b@gmail.com', 'a.d.a.b+x@GoogleMail.com', 'adab@gmail.com'])
        await order(orderOf('mallory', email));
      expect(mails).toHaveLength(2);
      await order(orderOf('bob', 'a.da@example.com'));
      expect(mails).toHaveLength(3);
    });

    it('so often for one person, without using up the limit of others', async () => {
      const { order, mails } = createFlow({}, limits);
      for (let number = 0; number < 20; number++) await order(orderOf('mallory', `v${number}@example.com`));
      expect(mails).toHaveLength(3);
      await order(orderOf('ada', 'ada@example.com'));
      await order(orderOf('bob', 'bob@example.com'));
      expect(mails.map(({ to }) => to.address)).toEqual([
        ...['v0@example.com', 'v1@example.com', 'v2@example.com'],
        'ada@example.com',
      ]);
    });
  });

  it('does not add to the head of its mail', async () => {
    const { order, mails } = createFlow();
    const evil = 'Laptop\r\nBcc: victim@example.com\r\n\r\nhello';
    await order({ product: evil, quantity: 1, customer: { id: 'ada', name: `Ada\nBcc: x@example.com` } });
    expect(mails[0]?.subject).toBe('Your order: 1 × Laptop  Bcc: victim@example.com    hello');
    expect(mails[0]?.to.name).toBe('Ada Bcc: x@example.com');
  });

  it('has a made-up address of its own for each person', async () => {
    const { order, mails } = createFlow();
    for (const id of ['a b', 'a/b', 'a-b', 'x'.repeat(60), `${'x'.repeat(60)}y`])
      await order({ ...laptop, customer: { id, name: 'A' } });
    expect(new Set(mails.map(({ to }) => to.address)).size).toBe(5);
  });
});
