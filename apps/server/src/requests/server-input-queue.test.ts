import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Delivery } from '@parley/messaging';
import { eventually, gate } from '@parley/messaging/test-queue';
import type { RequestEvent } from '@parley/requests';
import { aDecision } from '@parley/requests/testing';
import {
  agentQueue,
  encodeRouting,
  HEADERS,
  newId,
  ParleyError,
  type ReplyBody,
} from '@parley/shared-models';
import type { Store } from '@parley/store';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { chatEnvelope } from '../outbox/relay.ts';
import { createServerInputHandler, type ServerInputHandler } from './server-input-queue.ts';

const AGENT = 'finance';
const DECISION = aDecision(AGENT);
const isReply = (event: RequestEvent, text: string): boolean =>
  event.type === 'replied' && event.reply.text === text;
const AWAY = new ParleyError('store_unavailable', 'The store cannot be reached.');

describe('what comes to the server of one conversation', () => {
  let fixture: ServicesFixture;
  let conversationId: string;
  let incarnation: number;
  beforeEach(async () => {
    fixture = await makeServices();
    conversationId = newId();
    incarnation = await fixture.register(AGENT);
  });
  afterEach(() => fixture.remove());

  const handlerWith = (store: Partial<Store>): ServerInputHandler =>
    createServerInputHandler({ ...fixture.services, store: { ...fixture.store, ...store } });
  const reply = async (text: string, conversation = conversationId): Promise<Delivery> => {
    const request = await fixture.accept('hello', { conversationId: conversation });
    const body: ReplyBody = {
      id: newId(),
      conversationId: conversation,
      kind: 'REPLY',
      sender: { kind: 'agent', id: AGENT, name: AGENT },
      text,
      inReplyTo: request.id,
      createdAt: new Date().toISOString(),
    };
    const headers = {
      [HEADERS.conversation]: conversation,
      [HEADERS.sender]: `agent:${AGENT}`,
      [HEADERS.incarnation]: incarnation,
    };
    return deliveryOf({
      messageId: body.id,
      correlationId: request.id,
      type: 'chat.reply',
      timestamp: Date.now(),
      headers,
      body: Buffer.from(JSON.stringify(body)),
    });
  };
  const deliveryOf = (envelope: Delivery['envelope']): Delivery => ({
    queue: 'server_input_queue',
    redeliveries: 0,
    envelope,
  });
  const textsOf = async (id = conversationId): Promise<string[]> =>
    (await fixture.store.listMessages(id, { limit: 10 })).messages
      .filter(({ kind }) => kind === 'REPLY')
      .map(({ text }) => text);

  it.each([
    ['at once', 0, 'up', ['delivered']],
    ['once the queue has taken it after a failure', 1, 'up', ['routed', 'delivered']],
    ['once the queue is back', 0, 'down', ['routed', 'delivered']],
  ] as const)('is told to be delivered %s', async (_, failures, state, told) => {
    let left: number = failures;
    const { bus } = fixture;
    const handler = createServerInputHandler({
      ...fixture.services,
      bus: {
        ...bus,
        health: () => ({ state }),
        async publish(...published) {
          left -= 1;
          if (left >= 0) throw new ParleyError('bus_unavailable', 'The queue cannot be reached.');
          await bus.publish(...published);
        },
      },
    });
    const states: string[] = [];
    const subscription = fixture.services.hub.follow({
      conversationId,
      afterSeq: 0,
      onFrame: ({ frame }) => void (frame.type === 'message.status' && states.push(frame.status)),
    });
    const envelope = chatEnvelope({ message: await fixture.accept('hi', { conversationId }), attempt: 0 });
    const headers = { ...envelope.headers, [HEADERS.routing]: encodeRouting(DECISION) };
    await handler.handle(deliveryOf({ ...envelope, headers }));
    expect(states).toEqual(told);
    subscription.stop();
  });

  it('is stored in its order, also when the store comes back between the first reply and the second', async () => {
    const deliveries = [await reply('one'), await reply('two')];
    let calls = 0;
    const handler = handlerWith({
      apply: (event) => {
        calls += 1;
        return calls === 1 ? Promise.reject(AWAY) : fixture.store.apply(event);
      },
    });
    await Promise.all(deliveries.map(handler.handle));
    expect(await textsOf()).toEqual(['one', 'two']);
  });

  it('reaches the agent in its order, also when the store comes back in between', async () => {
    const messages = [
      await fixture.accept('one', { conversationId }),
      await fixture.accept('two', { conversationId }),
    ];
    let calls = 0;
    const handler = handlerWith({
      apply: (event) => {
        calls += 1;
        return calls === 1 ? Promise.reject(AWAY) : fixture.store.apply(event);
      },
    });
    await Promise.all(
      messages.map((message) => {
        const envelope = chatEnvelope({ message, attempt: 0 });
        const headers = { ...envelope.headers, [HEADERS.routing]: encodeRouting(DECISION) };
        return handler.handle(deliveryOf({ ...envelope, headers }));
      }),
    );
    const taken: string[] = [];
    await fixture.bus.consume(
      agentQueue(AGENT),
      async ({ envelope }) => void taken.push(envelope.messageId),
      {
        prefetch: 1,
      },
    );
    await eventually(() => expect(taken).toEqual(messages.map(({ id }) => id)));
  });

  it('holds up no other conversation', async () => {
    const [elsewhere, held] = [newId(), gate()];
    const [first, other] = [await reply('one'), await reply('over there', elsewhere)];
    const handler = handlerWith({
      async apply(event) {
        if (isReply(event, 'one')) await held.opened;
        return fixture.store.apply(event);
      },
    });
    const waiting = handler.handle(first);
    await handler.handle(other);
    expect(await textsOf(elsewhere)).toEqual(['over there']);
    held.open();
    await waiting;
  });

  it('goes back to the queue together with what it waited for, when the server goes down', async () => {
    const deliveries = [await reply('one'), await reply('two')];
    const handler = handlerWith({
      apply: (event) => (isReply(event, 'one') ? Promise.reject(AWAY) : fixture.store.apply(event)),
    });
    const outcomes = Promise.allSettled(deliveries.map(handler.handle));
    handler.abandon();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await textsOf()).toEqual([]);
  });
});
