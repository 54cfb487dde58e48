import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  agentQueue,
  BROKER_INPUT_QUEUE,
  DEAD_LETTER_QUEUE,
  HEADERS,
  type QueueName,
  SERVER_INPUT_QUEUE,
} from '@parley/shared-models';
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from 'amqplib';
import { silentLogger } from '../../conformance/bus-fixture.ts';
import { type ConsumerProcess, startConsumerProcess } from '../../conformance/consumer-process.ts';
import { collectDeliveries, eventually, gate } from '../../conformance/deliveries.ts';
import { envelopeOf, numbered, textOf } from '../../conformance/envelopes.ts';
import { createVhost, type RabbitMqVhost } from '../../testing/index.ts';
import { BATCH_LIMITS, BATCH_TYPE, decodeBatch, encodeBatch } from '../batch.ts';
import type { MessageBus } from '../message-bus.ts';
import { DELIVERY_LIMIT } from '../topology.ts';
import { connectRabbitMq } from './rabbitmq-bus.ts';

describe('batches on RabbitMQ', () => {
  let vhost: RabbitMqVhost;
  let stranger: ChannelModel;
  let channel: Channel;
  const opened: MessageBus[] = [];

  const open = async (): Promise<MessageBus> => {
    const bus = await connectRabbitMq({
      logger: silentLogger,
      amqpUrl: vhost.amqpUrl,
      retryDelay: { minMs: 1, maxMs: 5 },
    });
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

  /** The messages that RabbitMQ hands out of the queue, one by one. */
  const watch = async (queue: QueueName): Promise<ConsumeMessage[]> => {
    const seen: ConsumeMessage[] = [];
    await channel.consume(queue, (message) => message !== null && seen.push(message), { noAck: true });
    return seen;
  };
  const textsIn = ({ properties, content }: ConsumeMessage): string[] =>
    properties.type === BATCH_TYPE
      ? decodeBatch(content).map((item) => ('envelope' in item ? textOf(item.envelope) : 'malformed'))
      : [content.toString()];
  /** Until the bus knows that somebody consumes, it forms none. */
  const untilBatches = async (bus: MessageBus, queue: QueueName, seen: ConsumeMessage[]): Promise<void> => {
    await eventually(async () => {
      await Promise.all(numbered(3).map(() => bus.publish(queue, envelopeOf('warm-up'))));
      expect(seen.some(({ properties }) => properties.type === BATCH_TYPE)).toBe(true);
    });
    await bus.publish(queue, envelopeOf('ready'));
    await eventually(() => expect(seen.flatMap(textsIn)).toContain('ready'));
    seen.splice(0);
  };
  const sendBatch = (texts: readonly string[], queue: QueueName = SERVER_INPUT_QUEUE): boolean =>
    channel.sendToQueue(queue, encodeBatch(texts.map((text) => envelopeOf(text))).content, {
      messageId: 'batch',
      type: BATCH_TYPE,
    });
  /** Takes one message from the queue and loses the channel, as a consumer that crashes. */
  const crash = async (queue: QueueName): Promise<void> => {
    const crashing = await stranger.createChannel();
    await crashing.prefetch(1);
    await new Promise<void>((resolve, reject) => {
      crashing.consume(queue, () => resolve()).catch(reject);
    });
    await crashing.close();
  };

  describe('publishing', () => {
    it.each<QueueName>([BROKER_INPUT_QUEUE, SERVER_INPUT_QUEUE])(
      'carries one message at a time to %s as one message, and a burst in few',
      async (queue) => {
        const [bus, seen] = [await open(), await watch(queue)];
        await untilBatches(bus, queue, seen);
        for (const text of numbered(5)) await bus.publish(queue, envelopeOf(text));
        await eventually(() => expect(seen.flatMap(textsIn)).toEqual(numbered(5)));
        expect(seen.map(({ properties }) => properties.type)).toEqual(Array(5).fill('chat.message'));

        seen.splice(0);
        await Promise.all(numbered(300).map((text) => bus.publish(queue, envelopeOf(text))));
        await eventually(() => expect(seen.flatMap(textsIn)).toEqual(numbered(300)));
        const sizes = seen.map((message) => textsIn(message).length);
        expect(Math.max(...sizes)).toBe(BATCH_LIMITS.items);
        expect(sizes.length).toBeLessThan(10);
      },
    );

    it('bounds the bytes of a batch, and carries a message that is larger alone', async () => {
      const [bus, seen] = [await open(), await watch(SERVER_INPUT_QUEUE)];
      await untilBatches(bus, SERVER_INPUT_QUEUE, seen);
      const bodies = [...Array<number>(8).fill(100), 300, ...Array<number>(8).fill(100)].map((kib) =>
        'x'.repeat(kib * 1024),
      );
      await Promise.all(bodies.map((body) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(body))));
      await eventually(() => expect(seen.flatMap(textsIn)).toEqual(bodies));
      for (const { properties, content } of seen) {
        if (properties.type === BATCH_TYPE)
          expect(content.byteLength).toBeLessThanOrEqual(BATCH_LIMITS.bytes);
      }
      const large = seen.find(({ content }) => content.byteLength === 300 * 1024);
      expect(large?.properties.type).toBe('chat.message');
    });

    it('forms none for the queue of an agent, nor where nobody consumes', async () => {
      const [bus, seen] = [await open(), await watch(SERVER_INPUT_QUEUE)];
      await untilBatches(bus, SERVER_INPUT_QUEUE, seen);
      await bus.declareAgentQueue('finance-1');
      for (const queue of [agentQueue('finance-1'), BROKER_INPUT_QUEUE] satisfies QueueName[]) {
        await Promise.all(numbered(100).map((text) => bus.publish(queue, envelopeOf(text))));
        await eventually(async () =>
          expect(await channel.checkQueue(queue)).toMatchObject({ messageCount: 100 }),
        );
      }
    });
  });

  describe('consuming', () => {
    it('acknowledges a batch once each of its items is settled', async () => {
      const [bus, slow] = [await open(), gate()];
      const first = collectDeliveries(async ({ envelope }) => {
        if (textOf(envelope) === 'b') await slow.opened;
      });
      const subscription = await bus.consume(SERVER_INPUT_QUEUE, first.handler, { prefetch: 8 });
      sendBatch(['a', 'b', 'c']);
      await first.waitFor(3);
      // It returns as a whole: nothing of it was acknowledged.
      await subscription.close({ timeoutMs: 10 });
      const second = collectDeliveries();
      const next = await bus.consume(SERVER_INPUT_QUEUE, second.handler, { prefetch: 8 });
      await second.waitFor(3);
      expect(second.texts()).toEqual(['a', 'b', 'c']);
      expect(second.all.map(({ redeliveries }) => redeliveries)).toEqual([1, 1, 1]);
      await next.close();
      expect(await channel.checkQueue(SERVER_INPUT_QUEUE)).toMatchObject({ messageCount: 0 });
      slow.open();
    });

    it('buries an item that is malformed, and hands out those around it', async () => {
      const bus = await open();
      const received = collectDeliveries();
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
      const [before, bad, after] = ['a', 'x', 'c'].map((text) => encodeBatch([envelopeOf(text)]).content);
      if (before === undefined || bad === undefined || after === undefined) throw new Error('three items');
      bad.write('!', 8);
      channel.sendToQueue(SERVER_INPUT_QUEUE, Buffer.concat([before, bad, after]), {
        messageId: 'batch',
        type: BATCH_TYPE,
      });
      await received.waitFor(2);
      expect(received.texts()).toEqual(['a', 'c']);
      const dead = collectDeliveries();
      await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 1 });
      const [letter] = await dead.waitFor(1);
      expect(letter?.envelope).toMatchObject({
        headers: {
          [HEADERS.deathReason]: 'malformed_message',
          [HEADERS.deathMessage]: expect.stringMatching(/head of an item/),
          [HEADERS.deathQueue]: SERVER_INPUT_QUEUE,
        },
      });
      expect(dead.texts()[0]).toMatch(/x$/);
    });

    it('hands out a batch that came back once as it is, and takes it apart when it came back again', async () => {
      const bus = await open();
      sendBatch(numbered(5));
      await crash(SERVER_INPUT_QUEUE);
      await crash(SERVER_INPUT_QUEUE);
      const received = collectDeliveries();
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 2 });
      await received.waitFor(5);
      expect(received.texts()).toEqual(numbered(5));
      // Each is a message of its own by now. The one that RabbitMQ had under way when the careful consumer ended came
      // back.
      for (const { redeliveries } of received.all) expect(redeliveries).toBeLessThanOrEqual(1);
      await eventually(async () => {
        const depth = (await bus.depths()).find(({ name }) => name === SERVER_INPUT_QUEUE);
        expect(depth).toMatchObject({ ready: 0, unacknowledged: 0 });
      });
    });

    it('makes a dead letter of each item when RabbitMQ dead-lettered the batch', async () => {
      const bus = await open();
      sendBatch(['a', 'b']);
      channel.sendToQueue(SERVER_INPUT_QUEUE, Buffer.from('c'), {
        messageId: 'c',
        type: 'chat.message',
        headers: { packed: '{"conversation":"c-1"}' },
      });
      for (let time = 0; time < DELIVERY_LIMIT; time++) {
        await crash(SERVER_INPUT_QUEUE);
        await crash(SERVER_INPUT_QUEUE);
      }
      const dead = collectDeliveries();
      await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 4 });
      await dead.waitFor(3);
      expect(dead.texts().toSorted()).toEqual(['a', 'b', 'c']);
      for (const { envelope } of dead.all) {
        expect(envelope).toMatchObject({
          type: 'chat.message',
          headers: {
            conversation: 'c-1',
            [HEADERS.deathReason]: 'delivery_limit',
            [HEADERS.deathQueue]: SERVER_INPUT_QUEUE,
          },
        });
        expect(envelope.headers).not.toHaveProperty('packed');
      }
    }, 60_000);
  });

  describe('the waiting messages', () => {
    it('is counted in items, and removed so', async () => {
      const [bus, finish] = [await open(), gate()];
      const stuck = collectDeliveries(() => finish.opened);
      const subscription = await bus.consume(BROKER_INPUT_QUEUE, stuck.handler, { prefetch: 1 });
      let published = 0;
      const count = async (): Promise<{ ready: number; unacknowledged: number }> => {
        const depth = (await bus.depths()).find(({ name }) => name === BROKER_INPUT_QUEUE);
        return { ready: depth?.ready ?? 0, unacknowledged: depth?.unacknowledged ?? 0 };
      };
      await eventually(async () => {
        await Promise.all(numbered(50).map((text) => bus.publish(BROKER_INPUT_QUEUE, envelopeOf(text))));
        published += 50;
        const { messageCount } = await channel.checkQueue(BROKER_INPUT_QUEUE);
        const { ready, unacknowledged } = await count();
        expect(ready + unacknowledged).toBe(published);
        expect(messageCount).toBeLessThan(published - 50);
      });
      const { ready, unacknowledged } = await count();
      expect(await bus.purge(BROKER_INPUT_QUEUE)).toBe(ready);
      expect(await count()).toEqual({ ready: 0, unacknowledged });
      finish.open();
      await stuck.waitFor(unacknowledged);
      await subscription.close();
      expect(await count()).toEqual({ ready: 0, unacknowledged: 0 });
    });
  });

  describe('a message that kills its consumer', () => {
    let child: ConsumerProcess | undefined;
    let isOver = false;
    let supervising: Promise<void> | undefined;
    afterEach(async () => {
      isOver = true;
      child?.kill();
      await supervising;
    });

    it.each<QueueName>([BROKER_INPUT_QUEUE, SERVER_INPUT_QUEUE])(
      'in the middle of a burst on %s is the only one that becomes a dead letter',
      async (queue) => {
        isOver = false;
        const bus = await open();
        const publishTo = agentQueue('handled');
        await bus.declareAgentQueue('handled');
        const handled = collectDeliveries();
        await bus.consume(publishTo, handled.handler, { prefetch: 100 });
        const dead = collectDeliveries();
        await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 10 });
        const started = gate();
        let starts = 0;
        supervising = (async () => {
          while (!isOver) {
            child = await startConsumerProcess({
              address: { amqpUrl: vhost.amqpUrl },
              queue,
              prefetch: 256,
              deadly: { text: 'killer', publishTo },
            }).catch(() => undefined);
            starts += 1;
            started.open();
            if (isOver) child?.kill();
            await child?.ended;
          }
        })();
        await started.opened;
        const texts = numbered(600);
        for (const at of [0, 200, 400]) {
          const burst = texts.slice(at, at + 200);
          if (at === 200) burst.splice(100, 0, 'killer');
          await Promise.all(burst.map((text) => bus.publish(queue, envelopeOf(text))));
        }
        await dead.waitFor(1, 150_000);
        await eventually(() => expect(new Set(handled.texts()).size).toBe(texts.length), 60_000);
        expect(dead.texts()).toEqual(['killer']);
        expect(new Set(handled.texts())).toEqual(new Set(texts));
        expect(starts).toBeLessThanOrEqual(DELIVERY_LIMIT + 5);
      },
      240_000,
    );
  });
});
