import { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { agentQueue, BROKER_INPUT_QUEUE, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { type RabbitMqNode, startRabbitMq } from '../../../../tools/provision/rabbitmq.mjs';
import { silentLogger } from '../../conformance/bus-fixture.ts';
import { collectDeliveries, eventually } from '../../conformance/deliveries.ts';
import { envelopeOf, numbered } from '../../conformance/envelopes.ts';
import type { BusOptions } from '../bus-options.ts';
import type { BusHealth, MessageBus } from '../message-bus.ts';
import { connectRabbitMq } from './rabbitmq-bus.ts';

/** Tests that would disturb other users of a shared RabbitMQ. */
describe('a RabbitMQ node in trouble', () => {
  let node: RabbitMqNode;
  const opened: MessageBus[] = [];

  const open = async (
    options: Partial<BusOptions> & { amqpConnections?: 1 | 2 } = {},
  ): Promise<MessageBus> => {
    const bus = await connectRabbitMq({ logger: silentLogger, amqpUrl: node.amqpUrl, ...options });
    opened.push(bus);
    return bus;
  };
  const reaches = (bus: MessageBus, state: BusHealth['state']): Promise<void> =>
    new Promise((resolve) => {
      if (bus.health().state === state) resolve();
      bus.onHealth((health) => {
        if (health.state === state) resolve();
      });
    });

  beforeAll(async () => {
    node = await startRabbitMq();
  }, 120_000);
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((bus) => bus.close()));
  });
  afterAll(() => node.stop());

  it('that blocks publishers: publishes wait, health says blocked, consuming goes on', async () => {
    const setNoDelay = jest.spyOn(Socket.prototype, 'setNoDelay');
    const bus = await open();
    const sockets = new Set(setNoDelay.mock.contexts.filter((context) => context instanceof Socket));
    const bytesWritten = (): number => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, 0);
    setNoDelay.mockRestore();
    await Promise.all(numbered(3).map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text))));
    await node.setMemoryAlarm(true);
    // RabbitMQ notices a publisher when it publishes; its connections hear of the alarm a little after it was set.
    const blocked = reaches(bus, 'blocked');
    const late: Promise<void>[] = [];
    while (bus.health().state !== 'blocked') {
      const publishing = bus.publish(SERVER_INPUT_QUEUE, envelopeOf(String(3 + late.length)));
      late.push(publishing);
      await Promise.race([blocked, publishing]);
    }
    expect(bus.health()).toEqual({ state: 'blocked', reason: expect.stringMatching(/memory/) });
    late.push(bus.publish(SERVER_INPUT_QUEUE, envelopeOf(String(3 + late.length))));
    const before = bytesWritten();
    const flood = numbered(200).map((text) =>
      bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text.padStart(1000))),
    );
    for (const text of numbered(200)) {
      bus.signal({ type: 't', key: 'c-1', body: new TextEncoder().encode(text.padStart(1000)) });
    }
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    // Only heartbeats and acknowledgements may go out: published messages stay out of the sockets' memory.
    expect(bytesWritten() - before).toBeLessThan(1000);
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    await received.waitFor(3);
    await bus.declareAgentQueue('finance-1');

    await node.setMemoryAlarm(false);
    await Promise.all([...late, ...flood]);
    await reaches(bus, 'up');
    const first = 3 + late.length;
    await received.waitFor(first + flood.length);
    expect(received.texts().slice(0, first)).toEqual(numbered(first));
  }, 180_000);

  it('that blocks publishers: a bus over one connection goes on afterwards, and can be closed meanwhile', async () => {
    /** RabbitMQ blocks a connection when it publishes. */
    const untilBlocked = async (bus: MessageBus): Promise<void> => {
      const blocked = reaches(bus, 'blocked');
      while (bus.health().state !== 'blocked') {
        const publishing = bus.publish(agentQueue('finance-1'), envelopeOf('x')).catch(() => 'too late');
        await Promise.race([blocked, publishing]);
      }
    };
    const relay = await open({ amqpConnections: 1 });
    await relay.declareAgentQueue('finance-1');
    const relayed = collectDeliveries(({ envelope }) => relay.publish(agentQueue('finance-1'), envelope));
    await relay.consume(SERVER_INPUT_QUEUE, relayed.handler, { prefetch: 10 });
    const leaving = await open({ amqpConnections: 1, publishTimeoutMs: 500 });
    await leaving.consume(BROKER_INPUT_QUEUE, async () => undefined, { prefetch: 10 });
    await node.setMemoryAlarm(true);
    await Promise.all([untilBlocked(relay), untilBlocked(leaving)]);
    await leaving.close();
    const late = numbered(20).map((text) => relay.publish(SERVER_INPUT_QUEUE, envelopeOf(text)));
    await node.setMemoryAlarm(false);
    await Promise.all(late);
    await relayed.waitFor(20);
    expect(relayed.texts().slice(-20)).toEqual(numbered(20));
    await eventually(async () => {
      const depth = (await relay.depths()).find(({ name }) => name === SERVER_INPUT_QUEUE);
      expect(depth).toMatchObject({ ready: 0, unacknowledged: 0 });
    });
  }, 180_000);

  it('that is killed and started again: nothing is lost', async () => {
    const bus = await open({ publishTimeoutMs: 60_000 });
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 20 });
    const published: string[] = [];
    let isOver = false;
    const publishing = (async () => {
      while (!isOver) {
        const batch = numbered(50).map((text) => envelopeOf(text));
        await Promise.all(batch.map((envelope) => bus.publish(SERVER_INPUT_QUEUE, envelope)));
        published.push(...batch.map(({ messageId }) => messageId));
      }
    })();
    await received.waitFor(500);
    await node.stopNode();
    await reaches(bus, 'down');
    await node.startNode();
    await reaches(bus, 'up');
    await received.waitFor(received.all.length + 500);
    isOver = true;
    await publishing;
    // Publishing outruns the consumer. Counted: thousands of ids that differ are slow to write down, again and again.
    await eventually(() => {
      const seen = new Set(received.all.map(({ envelope }) => envelope.messageId));
      expect(published.filter((id) => !seen.has(id)).length).toBe(0);
    }, 60_000);
    expect(published.length).toBeGreaterThan(1000 - 50);
  }, 180_000);
});
