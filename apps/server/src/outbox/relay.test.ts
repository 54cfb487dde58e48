import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MessageBus } from '@parley/messaging';
import { collectDeliveries, type Deliveries, eventually, gate } from '@parley/messaging/test-queue';
import { aRouting } from '@parley/requests/testing';
import {
  BROKER_INPUT_QUEUE,
  ChatMessage,
  HEADERS,
  newId,
  SERVER_INPUT_QUEUE,
  traceparentOf,
} from '@parley/shared-models';
import type { Store } from '@parley/store';
import { makeServices, type ServicesFixture, silent } from '../../testing/server-fixture.ts';
import { createOutboxRelay, type OutboxRelay } from '../outbox/relay.ts';
import { applyEvent } from '../requests/apply-event.ts';

const PROBE = { messageId: newId(), type: 'probe', timestamp: 1, headers: {}, body: Buffer.from('') };

describe('the outbox relay', () => {
  let fixture: ServicesFixture;
  let published: Deliveries;
  const relays: OutboxRelay[] = [];

  beforeEach(async () => {
    fixture = await makeServices({}, { publishTimeoutMs: 100 });
    published = collectDeliveries();
  });
  afterEach(async () => {
    for (const relay of relays.splice(0)) await relay.stop();
    await fixture.remove();
  });

  const create = (bus: MessageBus = fixture.bus, store: Store = fixture.store): OutboxRelay => {
    const relay = createOutboxRelay({
      store,
      bus,
      logger: silent,
      agents: { revision: 'list:7' },
    });
    relays.push(relay);
    return relay;
  };
  const consume = (): Promise<unknown> =>
    fixture.bus.consume(BROKER_INPUT_QUEUE, published.handler, { prefetch: 100 });
  /** Without a lease: the rest is seen, and not taken away. */
  const left = async (): Promise<string[]> =>
    (await fixture.store.takeOutbox({ limit: 100, olderThanMs: 0, leaseMs: 0 })).map(
      ({ message }) => message.text,
    );

  it('publishes a stored message with its target in the headers, and takes it out of the outbox', async () => {
    await consume();
    const message = await fixture.accept('hello');
    create().send({ message, attempt: 2, target: { agentId: 'echo' } });
    const [delivery] = await published.waitFor(1);
    expect(delivery?.envelope).toMatchObject({
      messageId: message.id,
      correlationId: message.id,
      type: 'chat.message',
      headers: {
        [HEADERS.conversation]: message.conversationId,
        [HEADERS.sender]: 'user:local',
        [HEADERS.attempt]: 2,
        [HEADERS.agentsRevision]: 'list:7',
        [HEADERS.target]: '{"agentId":"echo"}',
        [HEADERS.hops]: expect.stringMatching(/^server=\d+$/),
        [HEADERS.traceparent]: traceparentOf(message.id),
      },
    });
    expect(ChatMessage.parse(JSON.parse(Buffer.from(delivery?.envelope.body ?? []).toString()))).toEqual(
      message,
    );
    await eventually(async () => expect(await left()).toEqual([]));
  });

  it('publishes what an earlier run of the server had stored and not published, at once', async () => {
    for (const text of ['one', 'two']) await fixture.accept(text);
    await consume();
    create().start();
    await published.waitFor(2);
    expect(published.texts().map((text) => JSON.parse(text).text)).toEqual(['one', 'two']);
    await eventually(async () => expect(await left()).toEqual([]));
  });

  it('leaves alone what another server is about to publish', async () => {
    await consume();
    const relay = create();
    relay.start();
    await eventually(async () => expect(await left()).toEqual([]));
    await fixture.accept('of another server');
    const own = await fixture.accept('own');
    relay.send({ message: own, attempt: 0 });
    await published.waitFor(1);
    await eventually(async () => expect(await left()).toEqual(['of another server']));
    expect(published.all).toHaveLength(1);
  });

  it('publishes what it could not while the queue was away, once it is back', async () => {
    const relay = create();
    relay.start();
    await eventually(async () => expect(await left()).toEqual([]));
    const holder = fixture.folder.look();
    holder.exec('BEGIN IMMEDIATE');
    const message = await fixture.accept('through the outage');
    relay.send({ message, attempt: 0 });
    await expect(fixture.bus.publish(SERVER_INPUT_QUEUE, PROBE)).rejects.toMatchObject({
      code: 'bus_unavailable',
    });
    holder.exec('ROLLBACK');
    await consume();
    await published.waitFor(1);
    expect(published.all[0]?.envelope.messageId).toBe(message.id);
    await eventually(async () => expect(await left()).toEqual([]));
  });

  describe('with as many messages on their way as may be', () => {
    it('makes who wants to send wait, and lets them on in the order in which they asked', async () => {
      const held = gate();
      const slow: MessageBus = { ...fixture.bus, publish: () => held.opened };
      const relay = create(slow);
      const message = await fixture.accept('one of many');
      for (let count = 0; count < 2000; count++) relay.send({ message, attempt: 0 });
      const passed: number[] = [];
      const asked = [0, 1, 2, 3].map((index) => relay.room().then(() => passed.push(index)));
      await new Promise((resolve) => setImmediate(resolve));
      expect(passed).toEqual([]);
      held.open();
      await Promise.all([...asked, relay.room().then(() => passed.push(4))]);
      expect(passed).toEqual([0, 1, 2, 3, 4]);
    });

    it('lets those on who still wait when it stops', async () => {
      const held = gate();
      const relay = create({ ...fixture.bus, publish: () => held.opened });
      const message = await fixture.accept('one of many');
      for (let count = 0; count < 2000; count++) relay.send({ message, attempt: 0 });
      const waiting = [relay.room(), relay.room()];
      await new Promise((resolve) => setImmediate(resolve));
      const stopped = relay.stop();
      await Promise.all(waiting);
      held.open();
      await stopped;
    });
  });

  describe('once the queue holds a message', () => {
    let marked: string[];
    let confirmed: string[];
    beforeEach(() => {
      marked = [];
      confirmed = [];
    });
    const noting = (): OutboxRelay => {
      const { bus, store } = fixture;
      return create(
        {
          ...bus,
          async publish(queue, envelope) {
            await bus.publish(queue, envelope);
            confirmed.push(envelope.messageId);
          },
        },
        {
          ...store,
          markPublished(published) {
            marked.push(...published.map(({ messageId }) => messageId));
            return store.markPublished(published);
          },
        },
      );
    };
    /** A message that the queue is known to hold. */
    const sent = async (relay: OutboxRelay, text: string): Promise<ChatMessage> => {
      const message = await fixture.accept(text);
      relay.send({ message, attempt: 0 });
      await eventually(() => expect(confirmed).toContain(message.id));
      return message;
    };

    it('marks it where it is not routed soon, and does not where it is, or has ended', async () => {
      const relay = noting();
      const services = { ...fixture.services, relay };
      const routed = await sent(relay, 'routed');
      const ended = await sent(relay, 'ended');
      const waiting = await sent(relay, 'waiting');
      const give = { type: 'routed', ...aRouting(routed.id) } as const;
      await applyEvent(services, give, { handOver: async () => {} });
      await applyEvent(services, { type: 'stopped', requestId: ended.id });
      // Before it the others would have been marked, or with it.
      await eventually(async () => expect(await left()).toEqual([]));
      expect(marked).toEqual([waiting.id]);
    });

    it('marks it at once when it is asked to, and when it stops', async () => {
      const relay = noting();
      const first = await sent(relay, 'first');
      await relay.mark();
      expect(marked).toEqual([first.id]);
      expect(await left()).toEqual([]);
      const second = await sent(relay, 'second');
      await relay.stop();
      expect(marked).toEqual([first.id, second.id]);
      expect(await left()).toEqual([]);
    });
  });

  it('waits, when it stops, for what is on its way', async () => {
    const held = gate();
    const relay = create({
      ...fixture.bus,
      publish: async (queue, envelope) => {
        await held.opened;
        await fixture.bus.publish(queue, envelope);
      },
    });
    const message = await fixture.accept('the last one');
    relay.send({ message, attempt: 0 });
    const stopped = relay.stop();
    held.open();
    await stopped;
    expect(await left()).toEqual([]);
  });
});
