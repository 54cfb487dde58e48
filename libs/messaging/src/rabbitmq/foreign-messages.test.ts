import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  agentQueue,
  BROKER_INPUT_QUEUE,
  DEAD_LETTER_QUEUE,
  HEADERS,
  SERVER_INPUT_QUEUE,
} from '@parley/shared-models';
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from 'amqplib';
import { silentLogger } from '../../conformance/bus-fixture.ts';
import { collectDeliveries } from '../../conformance/deliveries.ts';
import { envelopeOf } from '../../conformance/envelopes.ts';
import { createVhost, type RabbitMqVhost } from '../../testing/index.ts';
import type { MessageBus } from '../message-bus.ts';
import { DELIVERY_LIMIT } from '../topology.ts';
import { connectRabbitMq } from './rabbitmq-bus.ts';

describe('messages on RabbitMQ, as clients in other languages see and send them', () => {
  let vhost: RabbitMqVhost;
  let stranger: ChannelModel;
  let channel: Channel;
  const opened: MessageBus[] = [];

  const open = async (): Promise<MessageBus> => {
    const bus = await connectRabbitMq({ logger: silentLogger, amqpUrl: vhost.amqpUrl });
    opened.push(bus);
    return bus;
  };

  /** By consuming: a queue with a single active consumer answers no basic.get. */
  const takeOne = (queue: string): Promise<ConsumeMessage> =>
    new Promise((resolve, reject) => {
      channel
        .consume(queue, (message) => message !== null && resolve(message), { noAck: true })
        .catch(reject);
    });

  beforeEach(async () => {
    vhost = await createVhost();
    stranger = await connect(vhost.amqpUrl);
    channel = await stranger.createChannel();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((bus) => bus.close()));
    await stranger.close();
    await vhost.remove();
  });

  it.each([
    [BROKER_INPUT_QUEUE, { packed: '{"conversation":"c-1","attempt":0,"sent-at":1732170000123}' }],
    [SERVER_INPUT_QUEUE, { packed: '{"conversation":"c-1","attempt":0,"sent-at":1732170000123}' }],
    [agentQueue('finance-1'), { conversation: 'c-1', attempt: 0 }],
    [DEAD_LETTER_QUEUE, { conversation: 'c-1', attempt: 0 }],
  ] as const)('publishes to %s with the properties of the protocol', async (queue, headers) => {
    const bus = await open();
    await bus.declareAgentQueue('finance-1');
    await bus.publish(
      queue,
      envelopeOf('{}', {
        messageId: 'm-1',
        correlationId: 'r-1',
        type: 'chat.reply',
        timestamp: 1_732_170_000_123,
      }),
    );
    const message = await takeOne(queue);
    expect(message).toMatchObject({
      properties: {
        messageId: 'm-1',
        correlationId: 'r-1',
        type: 'chat.reply',
        timestamp: 1_732_170_000,
        contentType: 'application/json',
        deliveryMode: 2,
      },
    });
    const { 'x-delivery-count': _, ...own } = message.properties.headers ?? {};
    expect(own).toEqual(headers);
  });

  it('takes the messages of a client in another language: no milliseconds, headers of other types', async () => {
    const bus = await open();
    channel.sendToQueue(SERVER_INPUT_QUEUE, Buffer.from('{}'), {
      messageId: 'm-1',
      type: 'chat.reply',
      timestamp: 1_732_170_000,
      headers: {
        conversation: 'c-1',
        flag: true,
        table: { a: 1 },
        list: ['x'],
        nothing: null,
        incarnation: 7,
      },
    });
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    const [delivery] = await received.waitFor(1);
    expect(delivery?.envelope).toMatchObject({
      messageId: 'm-1',
      type: 'chat.reply',
      timestamp: 1_732_170_000_000,
    });
    expect(delivery?.envelope.headers).toEqual({ conversation: 'c-1', incarnation: 7 });
  });

  it('takes headers that travel packed, and buries a message whose packed headers cannot be read', async () => {
    const bus = await open();
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    const send = (messageId: string, packed: string): boolean =>
      channel.sendToQueue(SERVER_INPUT_QUEUE, Buffer.from(messageId), {
        messageId,
        type: 'chat.reply',
        headers: { packed },
      });
    for (const packed of ['{"half":', '[]', 'null', '7']) send('bad', packed);
    send('good', '{"conversation":"c-1","incarnation":7,"flag":true,"sent-at":1732170000123}');
    const [delivery] = await received.waitFor(1);
    expect(delivery?.envelope).toMatchObject({ messageId: 'good', timestamp: 1_732_170_000_123 });
    expect(delivery?.envelope.headers).toEqual({ conversation: 'c-1', incarnation: 7 });
    const dead = collectDeliveries();
    await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 1 });
    for (const { envelope } of await dead.waitFor(4))
      expect(envelope).toMatchObject({
        messageId: 'bad',
        headers: {
          'packed-unreadable': expect.any(String),
          [HEADERS.deathReason]: 'malformed_message',
        },
      });
    expect(received.all).toHaveLength(1);
  });

  it('keeps messages that a stranger put straight into the dead letters, as malformed_message', async () => {
    const bus = await open();
    channel.sendToQueue(DEAD_LETTER_QUEUE, Buffer.from('junk'), { headers: { note: 'kept' } });
    const dead = collectDeliveries();
    await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 1 });
    const [letter] = await dead.waitFor(1);
    expect(letter?.envelope).toMatchObject({
      type: 'unknown',
      headers: {
        note: 'kept',
        [HEADERS.deathReason]: 'malformed_message',
        [HEADERS.deathQueue]: DEAD_LETTER_QUEUE,
      },
    });
    expect(dead.texts()).toEqual(['junk']);
  });

  it('puts messages among the dead letters that RabbitMQ 4.3 returned from crashed consumers too often', async () => {
    const bus = await open();
    for (const [messageId, acquired] of Object.entries({ worn: DELIVERY_LIMIT, last: DELIVERY_LIMIT - 1 })) {
      channel.sendToQueue(SERVER_INPUT_QUEUE, Buffer.from(messageId), {
        messageId,
        type: 'chat.message',
        headers: { 'x-acquired-count': acquired, 'x-delivery-count': 2 },
      });
    }
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    const [last] = await received.waitFor(1);
    expect(last).toMatchObject({
      redeliveries: DELIVERY_LIMIT - 1,
      envelope: { messageId: 'last', headers: {} },
    });

    const dead = collectDeliveries();
    await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 1 });
    const [letter] = await dead.waitFor(1);
    expect(letter?.envelope).toMatchObject({
      messageId: 'worn',
      headers: { [HEADERS.deathReason]: 'delivery_limit', [HEADERS.deathQueue]: SERVER_INPUT_QUEUE },
    });
    expect(received.texts()).toEqual(['last']);
  });
});
