import { EventEmitter } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import { SERVER_INPUT_QUEUE } from '@parley/shared-models';
import type { Options } from 'amqplib';
import { silentLogger } from '../../conformance/bus-fixture.ts';
import { eventually } from '../../conformance/deliveries.ts';
import { envelopeOf, textOf } from '../../conformance/envelopes.ts';
import { BATCH_TYPE, decodeBatch } from '../batch.ts';
import { createPublisher } from './publisher.ts';

/** As many as are sent before the first confirm. */
const WINDOW = 2048;

describe('publishes that wait for room', () => {
  it.each(['ack', 'nack'])(
    'go on when RabbitMQ sends the %s of those before, which ran out of time',
    async (verdict) => {
      const sent: unknown[] = [];
      const channel = Object.assign(new EventEmitter(), {
        publish: (...message: unknown[]) => sent.push(message) > 0,
      });
      const publisher = createPublisher({
        timeoutMs: 50,
        logger: silentLogger,
        isPermanent: () => true,
        restore: () => {},
        isConsumed: () => true,
        onSent: () => {},
      });
      publisher.attach(channel);
      const early = Array.from({ length: WINDOW }, () => publisher.publish('q', envelopeOf('early')));
      expect((await Promise.allSettled(early)).every(({ status }) => status === 'rejected')).toBe(true);
      const late = publisher.publish('q', envelopeOf('late')).then(
        () => 'confirmed',
        () => 'failed',
      );
      expect(sent).toHaveLength(WINDOW);
      channel.emit(verdict, { deliveryTag: WINDOW, multiple: true });
      expect(sent).toHaveLength(WINDOW + 1);
      channel.emit('ack', { deliveryTag: WINDOW + 1, multiple: false });
      expect(await late).toBe('confirmed');
    },
  );
});

describe('a batch that RabbitMQ does not take', () => {
  function fixture() {
    const sent: { type: string; texts: string[] }[] = [];
    const restore = jest.fn();
    const channel = Object.assign(new EventEmitter(), {
      publish: (_: string, __: string, content: Buffer, properties: Options.Publish = {}) => {
        const texts =
          properties.type === BATCH_TYPE
            ? decodeBatch(content).map((item) => ('envelope' in item ? textOf(item.envelope) : 'malformed'))
            : [content.toString()];
        sent.push({ type: String(properties.type), texts });
        return true;
      },
    });
    const publisher = createPublisher({
      timeoutMs: 20_000,
      logger: silentLogger,
      isPermanent: () => true,
      restore,
      isConsumed: () => true,
      onSent: () => {},
    });
    publisher.attach(channel);
    const envelopes = ['a', 'b', 'c'].map((text) => envelopeOf(text, { messageId: text }));
    const publishes = envelopes.map((envelope) => publisher.publish(SERVER_INPUT_QUEUE, envelope));
    /** Resolves when so many messages were sent. */
    const hasSent = (count: number): Promise<void> => eventually(() => expect(sent).toHaveLength(count));
    const batch = { type: BATCH_TYPE, texts: ['a', 'b', 'c'] };
    return { sent, restore, channel, publisher, publishes, hasSent, batch };
  }

  it('is repeated in its order after a nack', async () => {
    const { sent, channel, publisher, publishes, hasSent, batch } = fixture();
    await hasSent(1);
    channel.emit('nack', { deliveryTag: 1, multiple: false });
    await hasSent(2);
    expect(sent).toEqual([batch, batch]);
    channel.emit('ack', { deliveryTag: 2, multiple: false });
    await Promise.all(publishes);
    await publisher.close();
  });

  it('is repeated when it came back because the queue was gone, which is made again', async () => {
    const { sent, restore, channel, publisher, publishes, hasSent, batch } = fixture();
    await hasSent(1);
    const fields = { routingKey: SERVER_INPUT_QUEUE };
    channel.emit('return', { properties: { messageId: 'a' }, fields });
    channel.emit('ack', { deliveryTag: 1, multiple: false });
    await hasSent(2);
    expect(restore).toHaveBeenCalled();
    expect(sent).toEqual([batch, batch]);
    channel.emit('ack', { deliveryTag: 2, multiple: false });
    await Promise.all(publishes);
    await publisher.close();
  });

  it('is repeated on a new channel, with the messages that gathered behind it', async () => {
    const { sent, channel, publisher, publishes, hasSent } = fixture();
    await hasSent(1);
    const later = publisher.publish(SERVER_INPUT_QUEUE, envelopeOf('d'));
    publisher.detach();
    publisher.attach(channel);
    await hasSent(2);
    expect(sent[1]).toEqual({ type: BATCH_TYPE, texts: ['a', 'b', 'c', 'd'] });
    channel.emit('ack', { deliveryTag: 1, multiple: false });
    await Promise.all([...publishes, later]);
    await publisher.close();
  });
});
