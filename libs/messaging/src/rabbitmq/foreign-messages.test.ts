import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DEAD_LETTER_QUEUE, HEADERS, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { silentLogger } from '../conformance/bus-fixture.ts';
import { collectDeliveries } from '../conformance/deliveries.ts';
import { envelopeOf } from '../conformance/envelopes.ts';
import type { MessageBus } from '../message-bus.ts';
import { createVhost, type RabbitMqVhost } from '../testing/index.ts';
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

  it('publishes with the properties of the protocol', async () => {
    const bus = await open();
    await bus.publish(
      SERVER_INPUT_QUEUE,
      envelopeOf('{}', {
        messageId: 'm-1',
        correlationId: 'r-1',
        type: 'chat.reply',
        timestamp: 1_732_170_000_123,
      }),
    );
    const message = await channel.get(SERVER_INPUT_QUEUE, { noAck: true });
    expect(message).toMatchObject({
      properties: {
        messageId: 'm-1',
        correlationId: 'r-1',
        type: 'chat.reply',
        timestamp: 1_732_170_000,
        contentType: 'application/json',
        deliveryMode: 2,
        headers: { conversation: 'c-1', attempt: 0, 'sent-at': 1_732_170_000_123 },
      },
    });
  });

  it('takes what a client in another language sends: no milliseconds, headers of other types', async () => {
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

  it('keeps what a stranger put straight into the dead letters, as malformed_message', async () => {
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

  it('puts among the dead letters what RabbitMQ 4.3 returned from crashed consumers too often', async () => {
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
