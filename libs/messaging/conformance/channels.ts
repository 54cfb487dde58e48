import { describe, expect, it } from '@jest/globals';
import { channelQueue, DEAD_LETTER_QUEUE, HEADERS } from '@parley/shared-models';
import { Reject } from '../src/message-bus.ts';
import type { Context } from './bus-fixture.ts';
import { collectDeliveries, eventually } from './deliveries.ts';
import { envelopeOf, numbered } from './envelopes.ts';

export function describeChannels(context: Context): void {
  describe('channels', () => {
    it('bring an event to every group that wants its type, and to no other', async () => {
      const bus = await context.open();
      await bus.declareChannelQueue('orders', [{ channel: 'human', type: 'order_requested' }]);
      await bus.declareChannelQueue('log', [{ channel: 'human', type: '*' }]);
      await bus.declareChannelQueue('others', [
        { channel: 'agents', type: 'order_requested' },
        { channel: 'human', type: 'order_created' },
      ]);
      const sent = envelopeOf('laptop', { type: 'channel.event' });
      await bus.publishEvent('human', 'order_requested', sent);

      const [orders, log, others] = [collectDeliveries(), collectDeliveries(), collectDeliveries()];
      await bus.consume(channelQueue('orders'), orders.handler, { prefetch: 1 });
      await bus.consume(channelQueue('log'), log.handler, { prefetch: 1 });
      await bus.consume(channelQueue('others'), others.handler, { prefetch: 1 });
      for (const { envelope } of [...(await orders.waitFor(1)), ...(await log.waitFor(1))])
        expect(envelope).toMatchObject({ messageId: sent.messageId, type: 'channel.event' });
      await bus.publishEvent('human', 'order_created', envelopeOf('the last one'));
      await others.waitFor(1);
      expect(others.texts()).toEqual(['the last one']);
      expect(orders.texts()).toEqual(['laptop']);
    });

    it('take `*` for types of several words too', async () => {
      const bus = await context.open();
      await bus.declareChannelQueue('log', [{ channel: 'agents', type: '*' }]);
      await bus.publishEvent('agents', 'order.created.late', envelopeOf('late'));
      const log = collectDeliveries();
      await bus.consume(channelQueue('log'), log.handler, { prefetch: 1 });
      await log.waitFor(1);
    });

    it('give an event once to a group with several bindings that fit', async () => {
      const bus = await context.open();
      await bus.declareChannelQueue('log', [
        { channel: 'human', type: '*' },
        { channel: 'human', type: 'greeting' },
      ]);
      await bus.declareChannelQueue('log', [{ channel: 'human', type: '*' }]);
      await bus.publishEvent('human', 'greeting', envelopeOf('hello'));
      await bus.publishEvent('human', 'farewell', envelopeOf('bye'));
      const log = collectDeliveries();
      await bus.consume(channelQueue('log'), log.handler, { prefetch: 10 });
      await log.waitFor(2);
      expect(log.texts()).toEqual(['hello', 'bye']);
    });

    it('take an event that nobody wants', async () => {
      const bus = await context.open();
      await bus.publishEvent('human', 'unheard', envelopeOf('x'));
    });

    it('keep events for a group that is away, in their order, over restarts', async () => {
      const first = await context.open();
      await first.declareChannelQueue('orders', [{ channel: 'human', type: '*' }]);
      const texts = numbered(50);
      await Promise.all(texts.map((text) => first.publishEvent('human', 'counted', envelopeOf(text))));
      await first.close();

      const second = await context.open();
      const received = collectDeliveries();
      await second.consume(channelQueue('orders'), received.handler, { prefetch: 5 });
      await received.waitFor(50);
      expect(received.texts()).toEqual(texts);
    });

    it('share the events of a group among its instances', async () => {
      const [one, other] = [await context.open(), await context.open()];
      for (const bus of [one, other])
        await bus.declareChannelQueue('orders', [{ channel: 'human', type: '*' }]);
      const received = collectDeliveries();
      await one.consume(channelQueue('orders'), received.handler, { prefetch: 2 });
      await other.consume(channelQueue('orders'), received.handler, { prefetch: 2 });
      await Promise.all(numbered(40).map((text) => one.publishEvent('human', 'counted', envelopeOf(text))));
      await received.waitFor(40);
      expect(new Set(received.texts()).size).toBe(40);
      expect(received.all).toHaveLength(40);
    });

    it('put an event that its handler rejects among the dead letters, with reason and queue', async () => {
      const bus = await context.open();
      await bus.declareChannelQueue('orders', [{ channel: 'human', type: '*' }]);
      const letters = collectDeliveries();
      await bus.consume(DEAD_LETTER_QUEUE, letters.handler, { prefetch: 1 });
      const refuse = (): Promise<void> => Promise.reject(new Reject('malformed_message', 'no such product'));
      await bus.consume(channelQueue('orders'), refuse, { prefetch: 1 });
      await bus.publishEvent('human', 'order_requested', envelopeOf('a unicorn'));
      const [letter] = await letters.waitFor(1);
      expect(letter?.envelope.headers).toMatchObject({
        [HEADERS.deathReason]: 'malformed_message',
        [HEADERS.deathQueue]: channelQueue('orders'),
      });
    });

    it('take a group off with all that it has not read', async () => {
      const bus = await context.open();
      await bus.declareChannelQueue('orders', [{ channel: 'human', type: '*' }]);
      await bus.publishEvent('human', 'counted', envelopeOf('1'));
      await bus.deleteChannelQueue('orders');
      await bus.deleteChannelQueue('orders');
      await expect(
        bus.consume(channelQueue('orders'), async () => undefined, { prefetch: 1 }),
      ).rejects.toMatchObject({ code: 'queue_missing' });
      await bus.publishEvent('human', 'counted', envelopeOf('2'));
      await bus.declareChannelQueue('orders', [{ channel: 'human', type: '*' }]);
      await eventually(async () => {
        const depth = (await bus.depths()).find(({ name }) => name === channelQueue('orders'));
        expect(depth).toMatchObject({ ready: 0 });
      });
    });
  });
}
