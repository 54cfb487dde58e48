import { describe, expect, it } from '@jest/globals';
import { BROKER_INPUT_QUEUE, DEAD_LETTER_QUEUE, HEADERS, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { type Handler, type MessageBus, Reject } from '../src/message-bus.ts';
import type { Context } from './bus-fixture.ts';
import { collectDeliveries, type Deliveries, gate } from './deliveries.ts';
import { envelopeOf, numbered, textOf } from './envelopes.ts';

type BatchedQueue = typeof BROKER_INPUT_QUEUE | typeof SERVER_INPUT_QUEUE;

/**
 * The properties of a burst, whether or not the driver carries it in batches. Each test consumes before it publishes, and
 * goes on publishing for some rounds, so that a driver which forms batches under load does.
 */
export function describeBatches(context: Context): void {
  describe('bursts', () => {
    const ROUNDS = 5;
    const EACH = 100;

    async function publishRounds(bus: MessageBus, queue: BatchedQueue): Promise<string[]> {
      const all = numbered(ROUNDS * EACH);
      for (let round = 0; round < ROUNDS; round++) {
        const texts = all.slice(round * EACH, (round + 1) * EACH);
        await Promise.all(texts.map((text) => bus.publish(queue, envelopeOf(text))));
      }
      return all;
    }

    async function consume(queue: BatchedQueue, prefetch: number, then?: Handler): Promise<Deliveries> {
      const received = collectDeliveries(then);
      await (await context.open()).consume(queue, received.handler, { prefetch });
      return received;
    }

    it.each<BatchedQueue>([BROKER_INPUT_QUEUE, SERVER_INPUT_QUEUE])(
      'come out of %s message by message, in order, each once and as it was published',
      async (queue) => {
        const received = await consume(queue, 16);
        const bus = await context.open();
        const sent = numbered(EACH).map((text) =>
          envelopeOf(text, { correlationId: `r-${text}`, headers: { conversation: 'c-1', attempt: 3 } }),
        );
        for (let round = 0; round < ROUNDS; round++) {
          await Promise.all(sent.map((envelope) => bus.publish(queue, envelope)));
        }
        const deliveries = await received.waitFor(ROUNDS * EACH);
        for (const [index, { envelope, queue: from, redeliveries }] of deliveries.entries()) {
          expect({ ...envelope, body: textOf(envelope) }).toEqual({
            ...sent[index % EACH],
            body: String(index % EACH),
          });
          expect({ from, redeliveries }).toEqual({ from: queue, redeliveries: 0 });
        }
      },
    );

    it('never bring more in hand than the prefetch', async () => {
      let inHand = 0;
      let most = 0;
      const received = await consume(SERVER_INPUT_QUEUE, 4, async () => {
        inHand += 1;
        most = Math.max(most, inHand);
        await new Promise((resolve) => setImmediate(resolve));
        inHand -= 1;
      });
      const texts = await publishRounds(await context.open(), SERVER_INPUT_QUEUE);
      await received.waitFor(texts.length);
      expect(most).toBe(4);
    });

    it('lose to the dead letters only the message that is rejected', async () => {
      const received = await consume(BROKER_INPUT_QUEUE, 64, async ({ envelope }) => {
        if (textOf(envelope) === '250') throw new Reject('unknown_agent', 'Nobody of that name.');
      });
      const bus = await context.open();
      const texts = await publishRounds(bus, BROKER_INPUT_QUEUE);
      await received.waitFor(texts.length);
      expect(received.texts()).toEqual(texts);
      const dead = collectDeliveries();
      await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 1 });
      await dead.waitFor(1);
      expect(dead.texts()).toEqual(['250']);
      expect(dead.all[0]?.envelope.headers).toMatchObject({
        conversation: 'c-1',
        [HEADERS.deathReason]: 'unknown_agent',
        [HEADERS.deathQueue]: BROKER_INPUT_QUEUE,
      });
    });

    it('bring again only the message whose handler failed', async () => {
      let failures = 0;
      const received = await consume(SERVER_INPUT_QUEUE, 64, async ({ envelope }) => {
        if (textOf(envelope) !== '250' || failures === 3) return;
        failures += 1;
        throw new Error('not yet');
      });
      const texts = await publishRounds(await context.open(), SERVER_INPUT_QUEUE);
      await received.waitFor(texts.length + 3);
      expect(received.texts().toSorted()).toEqual([...texts, '250', '250', '250'].toSorted());
    });

    it('lose nothing when their consumer closes in the middle, and repeat nothing that was handled', async () => {
      const halfway = gate();
      const first = collectDeliveries(async ({ envelope }) => {
        await new Promise((resolve) => setImmediate(resolve));
        if (textOf(envelope) === '250') halfway.open();
      });
      const bus = await context.open();
      const subscription = await bus.consume(SERVER_INPUT_QUEUE, first.handler, { prefetch: 4 });
      const publishing = publishRounds(await context.open(), SERVER_INPUT_QUEUE);
      await halfway.opened;
      await subscription.close();
      const texts = await publishing;
      const rest = await consume(SERVER_INPUT_QUEUE, 64);
      await rest.waitFor(texts.length - first.all.length);
      expect([...first.texts(), ...rest.texts()].toSorted()).toEqual(texts.toSorted());
    });
  });
}
