import { describe, expect, it } from '@jest/globals';
import { SERVER_INPUT_QUEUE } from '@parley/shared-models';
import type { Context } from './bus-fixture.ts';
import { collectDeliveries, gate } from './deliveries.ts';
import { envelopeOf, numbered } from './envelopes.ts';

export function describeSubscriptions(context: Context): void {
  describe('subscriptions', () => {
    it('takes nothing while paused, lets messages in hand be finished, and goes on when resumed', async () => {
      const bus = await context.open();
      const finish = gate();
      const received = collectDeliveries(() => finish.opened);
      const subscription = await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('0'));
      await received.waitFor(1);

      await subscription.pause();
      await subscription.pause();
      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('1'));
      expect(subscription.inHand).toBe(1);
      finish.open();

      // Another consumer gets the waiting message: proof that the paused one does not hold it.
      const other = collectDeliveries();
      const otherSubscription = await bus.consume(SERVER_INPUT_QUEUE, other.handler, { prefetch: 1 });
      await other.waitFor(1);
      expect(other.texts()).toEqual(['1']);
      expect(other.all[0]?.redeliveries).toBe(0);
      await otherSubscription.close();

      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('2'));
      await subscription.resume();
      await subscription.resume();
      await received.waitFor(2);
      expect(received.texts()).toEqual(['0', '2']);
    });

    it('waits for the handler in hand when it closes, and acknowledges it', async () => {
      const bus = await context.open();
      const finish = gate();
      const received = collectDeliveries(() => finish.opened);
      const subscription = await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('0'));
      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('1'));
      await received.waitFor(1);

      let isClosed = false;
      const closing = subscription.close({ timeoutMs: 20_000 }).then(() => {
        isClosed = true;
      });
      // Time enough to close, if it did not wait.
      for (const text of ['2', '3', '4', '5', '6']) await bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text));
      expect(isClosed).toBe(false);
      finish.open();
      await closing;
      expect(received.texts()).toEqual(['0']);
      expect(subscription.inHand).toBe(0);

      const rest = collectDeliveries();
      await bus.consume(SERVER_INPUT_QUEUE, rest.handler, { prefetch: 5 });
      await rest.waitFor(6);
      expect(rest.texts()).toEqual(['1', '2', '3', '4', '5', '6']);
    });

    it('returns unfinished messages to the queue when the time to close is up', async () => {
      const bus = await context.open();
      const finish = gate();
      const slow = collectDeliveries(() => finish.opened);
      const subscription = await bus.consume(SERVER_INPUT_QUEUE, slow.handler, { prefetch: 5 });
      for (const text of numbered(3)) await bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text));
      await slow.waitFor(3);
      await subscription.close({ timeoutMs: 50 });

      const next = collectDeliveries();
      await bus.consume(SERVER_INPUT_QUEUE, next.handler, { prefetch: 1 });
      await next.waitFor(3);
      expect(next.texts()).toEqual(numbered(3));
      expect(next.all.map(({ redeliveries }) => redeliveries)).toEqual([1, 1, 1]);

      // The late end of the first handlers settles nothing: the next message is not theirs.
      finish.open();
      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('3'));
      await next.waitFor(4);
    });

    it('returns the messages that wait for their retry when it closes', async () => {
      const bus = await context.open({ retryDelay: { minMs: 60_000, maxMs: 60_000 } });
      const failing = collectDeliveries(() => Promise.reject(new Error('no')));
      const subscription = await bus.consume(SERVER_INPUT_QUEUE, failing.handler, { prefetch: 1 });
      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('again'));
      await failing.waitFor(1);
      await subscription.close();

      const next = collectDeliveries();
      await bus.consume(SERVER_INPUT_QUEUE, next.handler, { prefetch: 1 });
      const [delivery] = await next.waitFor(1);
      expect(delivery?.redeliveries).toBe(1);
    });

    it('can be closed twice, while paused, and after the bus', async () => {
      const bus = await context.open();
      const received = collectDeliveries();
      const subscription = await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
      await subscription.pause();
      await subscription.close();
      await subscription.close();
      const second = await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
      await bus.close();
      await second.close();
      await bus.close();
    });
  });
}
