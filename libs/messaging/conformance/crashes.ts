import { afterEach, describe, expect, it } from '@jest/globals';
import { BROKER_INPUT_QUEUE, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import type { Context } from './bus-fixture.ts';
import { type ConsumerProcess, startConsumerProcess } from './consumer-process.ts';
import { collectDeliveries, eventually } from './deliveries.ts';
import { envelopeOf, numbered } from './envelopes.ts';

export function describeCrashes(context: Context): void {
  describe('crashes and ends of processes', () => {
    const started: ConsumerProcess[] = [];
    const start = async (...args: Parameters<typeof startConsumerProcess>): Promise<ConsumerProcess> => {
      const child = await startConsumerProcess(...args);
      started.push(child);
      return child;
    };

    afterEach(() => {
      for (const child of started.splice(0)) child.kill();
    });

    it('gives back the messages that a killed consumer had in hand', async () => {
      const bus = await context.open();
      const child = await start({ address: context.fixture.address, queue: SERVER_INPUT_QUEUE, prefetch: 3 });
      await Promise.all(numbered(5).map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text))));
      await child.hasInHand(3);
      child.kill();
      await child.ended;
      // Until it is noticed that the process has gone, a consumer would get the later messages.
      await eventually(async () => {
        const depth = (await bus.depths()).find(({ name }) => name === SERVER_INPUT_QUEUE);
        expect(depth).toMatchObject({ ready: 5 });
      }, 25_000);

      const received = collectDeliveries();
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
      await received.waitFor(5);
      expect(received.texts()).toEqual(numbered(5));
      expect(received.all.map(({ redeliveries }) => redeliveries)).toEqual([1, 1, 1, 0, 0]);
    });

    it('lets the spare consumer take over when the active one is killed', async () => {
      const bus = await context.open();
      const child = await start({ address: context.fixture.address, queue: BROKER_INPUT_QUEUE, prefetch: 2 });
      const spare = collectDeliveries();
      await bus.consume(BROKER_INPUT_QUEUE, spare.handler, { prefetch: 10 });
      await Promise.all(numbered(5).map((text) => bus.publish(BROKER_INPUT_QUEUE, envelopeOf(text))));
      await child.hasInHand(2);
      expect(spare.all).toEqual([]);
      child.kill();
      await child.ended;
      await spare.waitFor(5, 25_000);
      expect(spare.texts()).toEqual(numbered(5));
    });

    it('lets the process end by itself once the bus is closed', async () => {
      const bus = await context.open();
      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'));
      const child = await start({ address: context.fixture.address, queue: SERVER_INPUT_QUEUE, prefetch: 1 });
      await child.hasInHand(1);
      child.closeBus();
      // No process.exit in the child: a socket, timer or worker left behind keeps it alive and fails this test.
      expect(await child.ended).toEqual({ code: 0, signal: null });
    });

    it('lets the process end by itself although a message waited for its retry', async () => {
      const bus = await context.open();
      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'));
      const { address } = context.fixture;
      const child = await start({ address, queue: SERVER_INPUT_QUEUE, prefetch: 1, doesFail: true });
      await child.hasInHand(1);
      child.closeBus();
      expect(await child.ended).toEqual({ code: 0, signal: null });
    });
  });
}
