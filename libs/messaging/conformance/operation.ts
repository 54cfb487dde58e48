import { describe, expect, it } from '@jest/globals';
import {
  agentQueue,
  BROKER_INPUT_QUEUE,
  DEAD_LETTER_QUEUE,
  type QueueDepth,
  SERVER_INPUT_QUEUE,
} from '@parley/shared-models';
import type { MessageBus } from '../src/message-bus.ts';
import type { Context } from './bus-fixture.ts';
import { collectDeliveries, eventually, gate } from './deliveries.ts';
import { envelopeOf, numbered } from './envelopes.ts';

async function depthOf(bus: MessageBus, name: string): Promise<QueueDepth | undefined> {
  return (await bus.depths()).find((depth) => depth.name === name);
}

export function describeOperation(context: Context): void {
  describe('operation', () => {
    it('tells the depth of the permanent queues and of the agents queues', async () => {
      const bus = await context.open();
      await bus.declareAgentQueue('finance-1');
      await bus.declareAgentQueue('finance-2');
      await bus.deleteAgentQueue('finance-2');
      const depths = await bus.depths();
      expect(depths.map(({ name }) => name).sort()).toEqual(
        [agentQueue('finance-1'), BROKER_INPUT_QUEUE, DEAD_LETTER_QUEUE, SERVER_INPUT_QUEUE].sort(),
      );
      for (const depth of depths) expect(depth).toMatchObject({ ready: 0, unacknowledged: 0, consumers: 0 });
    });

    it('counts the waiting messages, those handed out, and the consumers', async () => {
      const bus = await context.open();
      await Promise.all(numbered(10).map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text))));
      await eventually(async () => {
        expect(await depthOf(bus, SERVER_INPUT_QUEUE)).toMatchObject({ ready: 10, consumers: 0 });
      });

      const finish = gate();
      const received = collectDeliveries(() => finish.opened);
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 4 });
      await received.waitFor(4);
      await eventually(async () => {
        expect(await depthOf(bus, SERVER_INPUT_QUEUE)).toEqual({
          name: SERVER_INPUT_QUEUE,
          ready: 6,
          unacknowledged: 4,
          consumers: 1,
        });
      });

      finish.open();
      await received.waitFor(10);
      await eventually(async () => {
        expect(await depthOf(bus, SERVER_INPUT_QUEUE)).toMatchObject({ ready: 0, unacknowledged: 0 });
      });
    });

    it('removes the waiting messages of a queue, tells their number, and leaves those in hand', async () => {
      const bus = await context.open();
      await Promise.all(numbered(7).map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text))));
      const finish = gate();
      const received = collectDeliveries(() => finish.opened);
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 2 });
      await received.waitFor(2);

      expect(await bus.purge(SERVER_INPUT_QUEUE)).toBe(5);
      expect(await bus.purge(SERVER_INPUT_QUEUE)).toBe(0);
      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('after'));
      finish.open();
      await received.waitFor(3);
      expect(received.texts()).toEqual(['0', '1', 'after']);
    });

    it('fails with queue_missing when a queue to be emptied is not there', async () => {
      const bus = await context.open();
      await expect(bus.purge(agentQueue('nobody'))).rejects.toMatchObject({ code: 'queue_missing' });
    });

    it('is up when it is open, and down after close, and says so', async () => {
      const bus = await context.open();
      await eventually(() => expect(bus.health()).toEqual({ state: 'up' }));
      const [changes, silent]: [string[], string[]] = [[], []];
      bus.onHealth(({ state }) => changes.push(state));
      const stop = bus.onHealth(({ state }) => silent.push(state));
      stop();
      stop();
      await bus.close();
      expect(bus.health().state).toBe('down');
      expect(changes).toEqual(['down']);
      expect(silent).toEqual([]);
    });
  });
}
