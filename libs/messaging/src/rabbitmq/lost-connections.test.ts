import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { agentQueue, BROKER_INPUT_QUEUE, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { silentLogger } from '../../conformance/bus-fixture.ts';
import { collectDeliveries, eventually, gate } from '../../conformance/deliveries.ts';
import { envelopeOf, numbered, textOf } from '../../conformance/envelopes.ts';
import { createVhost, type RabbitMqVhost, startTcpProxy, type TcpProxy } from '../../testing/index.ts';
import type { BusOptions } from '../bus-options.ts';
import type { BusHealth, Envelope, MessageBus } from '../message-bus.ts';
import { connectRabbitMq } from './rabbitmq-bus.ts';

describe('lost connections to RabbitMQ', () => {
  let vhost: RabbitMqVhost;
  let proxy: TcpProxy;
  const opened: MessageBus[] = [];

  const open = async (
    amqpUrl: string,
    options: Partial<BusOptions> & { amqpConnections?: 1 | 2 } = {},
  ): Promise<MessageBus> => {
    const bus = await connectRabbitMq({ logger: silentLogger, amqpUrl, ...options });
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

  /** Opens a bus over the proxy and tells its sockets, each with the last setting of Nagle's algorithm. */
  const openWithSockets = async (
    url: string,
    options: { amqpConnections?: 1 | 2 } = {},
  ): Promise<{ bus: MessageBus; sockets: Map<Socket, boolean> }> => {
    const setNoDelay = jest.spyOn(Socket.prototype, 'setNoDelay');
    const bus = await open(url, options);
    const port = Number(new URL(url).port);
    const sockets = new Map<Socket, boolean>();
    for (const [index, [isOn]] of setNoDelay.mock.calls.entries()) {
      const socket: unknown = setNoDelay.mock.contexts[index];
      if (socket instanceof Socket && socket.remotePort === port) sockets.set(socket, isOn === true);
    }
    return { bus, sockets };
  };

  beforeEach(async () => {
    vhost = await createVhost();
    proxy = await startTcpProxy(vhost.amqpUrl);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((bus) => bus.close()));
    await proxy.close();
    await vhost.remove();
    jest.restoreAllMocks();
  });

  it('loses nothing when RabbitMQ closes all connections in the middle, and goes on in order', async () => {
    const [sender, receiver] = [await open(vhost.amqpUrl), await open(vhost.amqpUrl)];
    const received = collectDeliveries();
    await receiver.consume(BROKER_INPUT_QUEUE, received.handler, { prefetch: 50 });
    const envelopes: Envelope[] = [];
    let isOver = false;
    const publishing = (async () => {
      while (!isOver) {
        const batch = numbered(100).map((text) => envelopeOf(text));
        envelopes.push(...batch);
        await Promise.all(batch.map((envelope) => sender.publish(BROKER_INPUT_QUEUE, envelope)));
      }
    })();
    for (let round = 0; round < 3; round++) {
      // Asked for before: it may be over when the answer to the request has come.
      const isLost = Promise.race([reaches(sender, 'down'), reaches(receiver, 'down')]);
      // The management API learns of new connections a moment later.
      const closed = await eventually(async () => {
        const count = await vhost.closeConnections();
        expect(count).toBeGreaterThan(0);
        return count;
      });
      expect(closed).toBeGreaterThan(0);
      await isLost;
    }
    isOver = true;
    await publishing;
    const ids = new Set<string>();
    await eventually(() => {
      for (const { envelope } of received.all) ids.add(envelope.messageId);
      expect(ids.size).toBe(envelopes.length);
    });
    // Duplicates are allowed, but the first sight of each message follows the order of publishing.
    expect([...ids]).toEqual(envelopes.map(({ messageId }) => messageId));
  });

  it('loses nothing that was cut off unconfirmed, and settles nothing on a channel that it did not come by', async () => {
    const bus = await open(proxy.url);
    const received = collectDeliveries(async ({ redeliveries }) => {
      if (redeliveries === 0) await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    });
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 20 });
    const envelopes = numbered(1000).map((text) => envelopeOf(text));
    const publishes = envelopes.map((envelope) => bus.publish(SERVER_INPUT_QUEUE, envelope));
    for (let cut = 1; cut <= 4; cut++) {
      await received.waitFor(cut * 100);
      proxy.cut();
      await reaches(bus, 'down');
      await reaches(bus, 'up');
    }
    await Promise.all(publishes);
    await eventually(() =>
      expect(new Set(received.all.map(({ envelope }) => envelope.messageId)).size).toBe(envelopes.length),
    );
    await eventually(async () => {
      const depth = (await bus.depths()).find(({ name }) => name === SERVER_INPUT_QUEUE);
      expect(depth).toMatchObject({ ready: 0, unacknowledged: 0, consumers: 1 });
    });
  });

  it('opens with health down when RabbitMQ is away, and does all that was asked once it is there', async () => {
    await proxy.refuse();
    const bus = await open(proxy.url);
    expect(bus.health()).toMatchObject({ state: 'down', reason: expect.stringMatching(/ECONNREFUSED/) });
    await expect(bus.depths()).rejects.toMatchObject({ code: 'bus_unavailable' });

    const declared = bus.declareAgentQueue('finance-1');
    const received = collectDeliveries();
    await bus.consume(agentQueue('finance-1'), received.handler, { prefetch: 10 });
    const heard: string[] = [];
    const subscription = await bus.subscribe('server_fanout_1', (signal) => heard.push(textOf(signal)));
    await subscription.bind('c-1');
    bus.signal({ type: 'chat.delta', key: 'c-1', body: new TextEncoder().encode('dropped') });
    const publishes = numbered(20).map((text) => bus.publish(agentQueue('finance-1'), envelopeOf(text)));

    await proxy.accept();
    await declared;
    await Promise.all(publishes);
    await received.waitFor(20);
    expect(received.texts()).toEqual(numbered(20));
    await reaches(bus, 'up');
    bus.signal({ type: 'chat.delta', key: 'c-1', body: new TextEncoder().encode('heard') });
    await eventually(() => expect(heard).toEqual(['heard']));
  });

  it('fails a publish with bus_unavailable when RabbitMQ does not come back in time', async () => {
    // Long enough for a busy machine to publish in it.
    const bus = await open(proxy.url, { publishTimeoutMs: 2_000 });
    await proxy.refuse();
    await reaches(bus, 'down');
    const failures = await Promise.allSettled([
      bus.publish(SERVER_INPUT_QUEUE, envelopeOf('a')),
      bus.publish(SERVER_INPUT_QUEUE, envelopeOf('b')),
      bus.declareAgentQueue('finance-1'),
    ]);
    for (const failure of failures) {
      expect(failure).toMatchObject({ status: 'rejected', reason: { code: 'bus_unavailable' } });
    }
    await proxy.accept();
    await reaches(bus, 'up');
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('c'));
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    await received.waitFor(1);
    expect(received.texts()).toEqual(['c']);
  });

  it('finds by heartbeat that the line is dead, and lets go of it', async () => {
    const url = new URL(proxy.url);
    url.searchParams.set('heartbeat', '1');
    const { bus, sockets } = await openWithSockets(url.href);
    expect(sockets.size).toBe(2);
    proxy.stall();
    const publish = bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'));
    await reaches(bus, 'down');
    // The other side never answers: half-closed sockets would stay until TCP gives up.
    await eventually(() => {
      for (const socket of sockets.keys()) expect(socket.destroyed).toBe(true);
    });
    proxy.flow();
    proxy.cut();
    await publish;
  });

  it('keeps signal bindings and pauses over a lost connection', async () => {
    const bus = await open(proxy.url);
    const heard: string[] = [];
    const subscription = await bus.subscribe('server_fanout_1', (signal) => heard.push(textOf(signal)));
    await subscription.bind('gone');
    await subscription.bind('kept');
    await subscription.unbind('gone');
    const received = collectDeliveries();
    const consumer = await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    await consumer.pause();

    proxy.cut();
    await reaches(bus, 'down');
    await reaches(bus, 'up');
    bus.signal({ type: 't', key: 'gone', body: new TextEncoder().encode('no') });
    bus.signal({ type: 't', key: 'kept', body: new TextEncoder().encode('yes') });
    await eventually(() => expect(heard).toEqual(['yes']));

    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('waits'));
    const depth = (await bus.depths()).find(({ name }) => name === SERVER_INPUT_QUEUE);
    expect(depth).toMatchObject({ consumers: 0 });
    expect(received.all).toEqual([]);
    await consumer.resume();
    await received.waitFor(1);
  });

  it('never runs more handlers than the prefetch, also while those of the lost connection still run', async () => {
    const bus = await open(proxy.url);
    await Promise.all(numbered(6).map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text))));
    const finish = gate();
    let most = 0;
    const received = collectDeliveries(() => finish.opened);
    const subscription = await bus.consume(
      SERVER_INPUT_QUEUE,
      (delivery) => {
        most = Math.max(most, subscriptionInHand());
        return received.handler(delivery);
      },
      { prefetch: 2 },
    );
    const subscriptionInHand = (): number => subscription.inHand;
    await received.waitFor(2);
    proxy.cut();
    await reaches(bus, 'down');
    await reaches(bus, 'up');
    await eventually(async () => {
      const depth = (await bus.depths()).find(({ name }) => name === SERVER_INPUT_QUEUE);
      expect(depth).toMatchObject({ ready: 4, consumers: 1 });
    });
    finish.open();
    // The two in hand come again, since their acknowledgements came too late.
    await received.waitFor(8);
    expect(most).toBe(2);
  });

  it('closes without waiting for a server that is away', async () => {
    await proxy.refuse();
    const bus = await open(proxy.url);
    await bus.close();
    await bus.close();
    expect(bus.health()).toEqual({ state: 'down', reason: 'closed' });
  });

  it.each([1, 2] as const)('switches Nagle off on each of its %i sockets', async (amqpConnections) => {
    const { sockets } = await openWithSockets(proxy.url, { amqpConnections });
    expect([...sockets.values()]).toEqual(Array(amqpConnections).fill(true));
  });

  it('goes on after a lost connection where it has only one', async () => {
    const bus = await open(proxy.url, { amqpConnections: 1 });
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 50 });
    const publishes = numbered(500).map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text)));
    await received.waitFor(1);
    proxy.cut();
    await reaches(bus, 'down');
    await reaches(bus, 'up');
    await Promise.all(publishes);
    await eventually(() => expect(new Set(received.texts()).size).toBe(500));
  });
});
