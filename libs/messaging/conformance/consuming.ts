import { describe, expect, it } from '@jest/globals';
import { BROKER_INPUT_QUEUE, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import type { Handler } from '../src/message-bus.ts';
import type { Context } from './bus-fixture.ts';
import { collectDeliveries, gate } from './deliveries.ts';
import { envelopeOf, numbered, textOf } from './envelopes.ts';

export function describeConsuming(context: Context): void {
  describe('consuming', () => {
    it('hands out what is published while it consumes', async () => {
      const bus = await context.open();
      const received = collectDeliveries();
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
      for (const text of numbered(5)) {
        await bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text));
        await received.waitFor(Number(text) + 1);
      }
      expect(received.texts()).toEqual(numbered(5));
    });

    it('hands out again a message whose handler threw, and counts how often', async () => {
      const bus = await context.open();
      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('stubborn'));
      const received = collectDeliveries(async ({ redeliveries }) => {
        if (redeliveries < 3) throw new Error(`not yet: ${redeliveries}`);
      });
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
      await received.waitFor(4);
      expect(received.all.map(({ redeliveries }) => redeliveries)).toEqual([0, 1, 2, 3]);
      expect(new Set(received.all.map(({ envelope }) => envelope.messageId)).size).toBe(1);
      expect(received.texts()).toEqual(Array(4).fill('stubborn'));
    });

    it('treats a handler that throws before its first await like one that rejects', async () => {
      const bus = await context.open();
      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'));
      const received = collectDeliveries(({ redeliveries }) => {
        if (redeliveries === 0) throw new Error('at once');
        return Promise.resolve();
      });
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
      await received.waitFor(2);
    });

    it('goes on with other messages while one keeps failing', async () => {
      const bus = await context.open({ retryDelay: { minMs: 60_000, maxMs: 60_000 } });
      const received = collectDeliveries(async ({ envelope }) => {
        if (textOf(envelope) === 'bad') throw new Error('bad');
      });
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 2 });
      for (const text of ['bad', 'a', 'b', 'c']) await bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text));
      await received.waitFor(4);
      expect(received.texts()).toEqual(['bad', 'a', 'b', 'c']);
    });

    it('never has more in hand than the prefetch', async () => {
      const bus = await context.open();
      await Promise.all(numbered(30).map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text))));
      let inHand = 0;
      let most = 0;
      const [full, finish] = [gate(), gate()];
      const received = collectDeliveries(async () => {
        inHand += 1;
        most = Math.max(most, inHand);
        if (inHand === 4) full.open();
        await finish.opened;
        inHand -= 1;
      });
      const subscription = await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 4 });
      await full.opened;
      expect(subscription.inHand).toBe(4);
      finish.open();
      await received.waitFor(30);
      expect(most).toBe(4);
    });

    it('shares a queue among its consumers, each message to one of them', async () => {
      const sender = await context.open();
      // A consumer that never finishes anything must not hold up the others: its prefetch bounds its share.
      const never = gate();
      const stuck = collectDeliveries(() => never.opened);
      await (await context.open()).consume(SERVER_INPUT_QUEUE, stuck.handler, { prefetch: 5 });
      const working = collectDeliveries();
      const shares = [0, 0, 0];
      for (const index of shares.keys()) {
        const bus = await context.open();
        const handler: Handler = (delivery) => {
          shares[index] = (shares[index] ?? 0) + 1;
          return working.handler(delivery);
        };
        await bus.consume(SERVER_INPUT_QUEUE, handler, { prefetch: 5 });
      }
      const texts = numbered(300);
      await Promise.all(texts.map((text) => sender.publish(SERVER_INPUT_QUEUE, envelopeOf(text))));
      await stuck.waitFor(5);
      await working.waitFor(295);
      expect([...working.texts(), ...stuck.texts()].sort()).toEqual([...texts].sort());
      expect(stuck.all).toHaveLength(5);
      for (const share of shares) expect(share).toBeGreaterThan(0);
      never.open();
    });

    it('gives the broker input queue to one consumer at a time, and to the next when it goes', async () => {
      const [active, spare, sender] = [await context.open(), await context.open(), await context.open()];
      const [first, second] = [collectDeliveries(), collectDeliveries()];
      await active.consume(BROKER_INPUT_QUEUE, first.handler, { prefetch: 10 });
      await spare.consume(BROKER_INPUT_QUEUE, second.handler, { prefetch: 10 });

      await Promise.all(numbered(50).map((text) => sender.publish(BROKER_INPUT_QUEUE, envelopeOf(text))));
      await first.waitFor(50);
      expect(first.texts()).toEqual(numbered(50));
      expect(second.all).toEqual([]);

      await active.close();
      await Promise.all(numbered(50).map((text) => sender.publish(BROKER_INPUT_QUEUE, envelopeOf(text))));
      await second.waitFor(50);
      expect(second.texts()).toEqual(numbered(50));
    });
  });
}
