import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { agentQueue, BROKER_INPUT_QUEUE, DEAD_LETTER_QUEUE, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { silentLogger } from '../../conformance/bus-fixture.ts';
import { type ConsumerProcess, startConsumerProcess } from '../../conformance/consumer-process.ts';
import { collectDeliveries, eventually, gate } from '../../conformance/deliveries.ts';
import { envelopeOf, numbered, textOf } from '../../conformance/envelopes.ts';
import { startTcpProxy, type TcpProxy } from '../../testing/index.ts';
import { attachTo, createRemoteFixture, isUp, type RemoteFixture } from '../../testing/remote-fixture.ts';
import type { BusOptions } from '../bus-options.ts';
import { type BusHealth, type MessageBus, Reject, type Signal } from '../message-bus.ts';
import { DELIVERY_LIMIT } from '../topology.ts';
import { createRemoteBus } from './remote-bus.ts';
import type { QueuePermissions } from './serve-queue.ts';

describe("members of the server's own queue", () => {
  let server: RemoteFixture;
  const closes: (() => unknown)[] = [];

  async function serve(options: Parameters<typeof createRemoteFixture>[0] = {}): Promise<RemoteFixture> {
    server = await createRemoteFixture(options);
    return server;
  }
  async function open(options: Partial<BusOptions> = {}): Promise<MessageBus> {
    const bus = await server.open(options);
    closes.push(() => bus.close());
    return bus;
  }
  async function openThrough(
    proxy: TcpProxy,
    options: Partial<BusOptions> & { keepaliveMs?: number } = {},
  ): Promise<MessageBus> {
    const bus = createRemoteBus({ logger: silentLogger, ...options });
    const detach = attachTo(bus, new URL(proxy.url).host, options.keepaliveMs);
    closes.push(detach, () => bus.close());
    await isUp(bus);
    return bus;
  }
  async function startProxy(): Promise<TcpProxy> {
    const proxy = await startTcpProxy(`grpc://${server.url}`);
    closes.push(() => proxy.close());
    return proxy;
  }
  async function start(
    task: Omit<Parameters<typeof startConsumerProcess>[0], 'address'>,
  ): Promise<ConsumerProcess> {
    const child = await startConsumerProcess({ address: server.address, ...task });
    closes.push(() => child.kill());
    return child;
  }
  const reaches = (bus: MessageBus, state: BusHealth['state']): Promise<void> =>
    new Promise((resolve) => {
      if (bus.health().state === state) resolve();
      bus.onHealth((health) => {
        if (health.state === state) resolve();
      });
    });
  const depthOf = async (bus: MessageBus, queue: string) =>
    (await bus.depths()).find(({ name }) => name === queue);
  const isEmpty = (bus: MessageBus, queue: string): Promise<void> =>
    eventually(async () => expect(await depthOf(bus, queue)).toMatchObject({ ready: 0, unacknowledged: 0 }));

  beforeEach(() => {
    closes.length = 0;
  });
  afterEach(async () => {
    for (const close of closes.splice(0).reverse()) await close();
    await server.remove();
  });

  it('lose nothing that is cut off, and settle nothing by a stream that it did not come by', async () => {
    await serve();
    const proxy = await startProxy();
    const bus = await openThrough(proxy);
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
    const ids = (): Set<string> => new Set(received.all.map(({ envelope }) => envelope.messageId));
    await eventually(() => expect(ids().size).toBe(envelopes.length));
    await isEmpty(bus, SERVER_INPUT_QUEUE);
    expect(await depthOf(bus, SERVER_INPUT_QUEUE)).toMatchObject({ consumers: 1 });
  });

  it('go on, in order, with all that was asked while the server was away', async () => {
    await serve();
    const proxy = await startProxy();
    const bus = await openThrough(proxy);
    const heard: string[] = [];
    const signals = await bus.subscribe('test', (signal) => heard.push(textOf(signal)));
    await signals.bind('c-1');
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 10 });
    await proxy.refuse();
    await reaches(bus, 'down');
    expect(bus.health()).toMatchObject({ state: 'down', reason: expect.any(String) });
    const publishes = numbered(20).map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text)));
    const declared = bus.declareAgentQueue('finance-1');
    bus.signal({ type: 'x', key: 'c-1', body: Buffer.from('lost') });
    await proxy.accept();
    await Promise.all([...publishes, declared]);
    await received.waitFor(20);
    expect(received.texts()).toEqual(numbered(20));
    await bus.publish(agentQueue('finance-1'), envelopeOf('it is there'));
    await eventually(() => {
      bus.signal({ type: 'x', key: 'c-1', body: Buffer.from('bound again') });
      expect(heard).toContain('bound again');
    });
    expect(heard).not.toContain('lost');
  });

  it('are told in time that their publishes are not confirmed', async () => {
    await serve();
    const proxy = await startProxy();
    const bus = await openThrough(proxy, { publishTimeoutMs: 200 });
    await proxy.refuse();
    await reaches(bus, 'down');
    await expect(bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'))).rejects.toMatchObject({
      code: 'bus_unavailable',
    });
    const consuming = bus.consume(SERVER_INPUT_QUEUE, async () => {}, { prefetch: 1 });
    await expect(consuming).rejects.toMatchObject({ code: 'bus_unavailable' });
  });

  it('have time to finish while their connection is silent, and lose the messages in hand after that', async () => {
    await serve({ keepaliveMs: 100 });
    const proxy = await startProxy();
    // It notices nothing by itself.
    const silent = await openThrough(proxy, { keepaliveMs: 600_000 });
    const never = gate();
    const stuck = collectDeliveries(() => never.opened);
    await silent.consume(SERVER_INPUT_QUEUE, stuck.handler, { prefetch: 2 });
    const bus = await open();
    for (const text of numbered(2)) await bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text));
    await stuck.waitFor(2);
    proxy.stall();
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    await received.waitFor(2);
    expect(received.texts()).toEqual(numbered(2));
    expect(received.all.map(({ redeliveries }) => redeliveries)).toEqual([1, 1]);
    // Otherwise it would wait for an answer when it is closed.
    proxy.cut();
  });

  it('hold up nobody when their process stands still, and do not count when it goes on', async () => {
    await serve({ keepaliveMs: 100 });
    const child = await start({ queue: BROKER_INPUT_QUEUE, prefetch: 2 });
    const bus = await open();
    const spare = collectDeliveries();
    await bus.consume(BROKER_INPUT_QUEUE, spare.handler, { prefetch: 10 });
    await Promise.all(numbered(5).map((text) => bus.publish(BROKER_INPUT_QUEUE, envelopeOf(text))));
    await child.hasInHand(2);
    expect(spare.all).toEqual([]);
    child.signal('SIGSTOP');
    await spare.waitFor(5);
    expect(spare.texts()).toEqual(numbered(5));
    child.signal('SIGCONT');
    // It comes back as the spare.
    await eventually(async () =>
      expect(await depthOf(bus, BROKER_INPUT_QUEUE)).toMatchObject({ consumers: 2 }),
    );
    await bus.publish(BROKER_INPUT_QUEUE, envelopeOf('5'));
    await spare.waitFor(6);
    await isEmpty(bus, BROKER_INPUT_QUEUE);
  });

  it('share a queue between two other processes, each message to one of them', async () => {
    await serve();
    const bus = await open();
    await bus.declareAgentQueue('handled');
    const handled = collectDeliveries();
    await bus.consume(agentQueue('handled'), handled.handler, { prefetch: 100 });
    const deadly = { text: 'none is', publishTo: agentQueue('handled') };
    for (let number = 0; number < 2; number++)
      await start({ queue: SERVER_INPUT_QUEUE, prefetch: 5, deadly });
    const texts = numbered(500);
    await Promise.all(texts.map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text))));
    await handled.waitFor(texts.length);
    expect(handled.texts().toSorted()).toEqual(texts.toSorted());
    await isEmpty(bus, SERVER_INPUT_QUEUE);
  });

  it('lose to the dead letters only the message that kills each of them, in the middle of a burst', async () => {
    await serve();
    const bus = await open();
    await bus.declareAgentQueue('handled');
    const [handled, dead] = [collectDeliveries(), collectDeliveries()];
    await bus.consume(agentQueue('handled'), handled.handler, { prefetch: 100 });
    await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 10 });
    const texts = numbered(200);
    await Promise.all(
      texts.toSpliced(100, 0, 'killer').map((text) => bus.publish(BROKER_INPUT_QUEUE, envelopeOf(text))),
    );
    const hasAll = (): void => expect(new Set(handled.texts())).toEqual(new Set(texts));
    const isOver = dead.waitFor(1, 280_000).then(() => eventually(hasAll, 60_000));
    let deaths = 0;
    for (let isDead = true; isDead; ) {
      const child = await startConsumerProcess({
        address: server.address,
        queue: BROKER_INPUT_QUEUE,
        prefetch: 256,
        deadly: { text: 'killer', publishTo: agentQueue('handled') },
        // It may die before it has said that it consumes.
      }).catch(() => undefined);
      isDead = child === undefined || (await Promise.race([child.ended.then(() => true), isOver])) === true;
      if (isDead) deaths += 1;
      // It publishes before it acknowledges, so messages that it has handled may still be in its hand.
      else await isEmpty(bus, BROKER_INPUT_QUEUE);
      child?.kill();
      await child?.ended;
    }
    expect(dead.texts()).toEqual(['killer']);
    expect(deaths).toBe(DELIVERY_LIMIT);
  }, 300_000);

  it('may do what they are allowed to, and are told what they are not', async () => {
    const own = agentQueue('own');
    const allowed: Signal[] = [];
    const may: QueuePermissions = {
      publish: (queue, { type }) => queue === BROKER_INPUT_QUEUE && type === 'chat.reply',
      publishEvent: () => false,
      consume: (queue) => queue === own,
      declare: (queue) => queue === own,
      remove: () => false,
      look: (queue) => queue === own,
      signal: ({ key }) => key === 'c-1',
      listen: (key) => key === 'own',
    };
    await serve({ may });
    const inside = await server.serverBus();
    const listening = await inside.subscribe('test', (signal) => allowed.push(signal));
    for (const key of ['c-1', 'servers']) await listening.bind(key);
    const bus = await open();
    await bus.declareAgentQueue('own');
    await inside.declareAgentQueue('other');
    const forbidden = { code: 'forbidden' };
    await bus.publish(BROKER_INPUT_QUEUE, envelopeOf('x', { type: 'chat.reply' }));
    await expect(bus.publish(BROKER_INPUT_QUEUE, envelopeOf('x'))).rejects.toMatchObject(forbidden);
    await expect(bus.publish(own, envelopeOf('x', { type: 'chat.reply' }))).rejects.toMatchObject(forbidden);
    await expect(bus.publishEvent('human', 'x', envelopeOf('x'))).rejects.toMatchObject(forbidden);
    const consuming = bus.consume(agentQueue('other'), async () => {}, { prefetch: 1 });
    await expect(consuming).rejects.toMatchObject(forbidden);
    await expect(bus.purge(agentQueue('other'))).rejects.toMatchObject(forbidden);
    await expect(bus.deleteAgentQueue('other')).rejects.toMatchObject(forbidden);
    expect((await bus.depths()).map(({ name }) => name)).toEqual([own]);
    const signals = await bus.subscribe('test', () => undefined);
    await expect(signals.bind('servers')).rejects.toMatchObject(forbidden);
    bus.signal({ type: 'x', key: 'servers', body: Buffer.from('x') });
    bus.signal({ type: 'x', key: 'c-1', body: Buffer.from('x') });
    await eventually(() => expect(allowed.map(({ key }) => key)).toEqual(['c-1']));
    await (await bus.consume(own, async () => {}, { prefetch: 1 })).close();
  });

  it('publish more in one turn than one request may hold', async () => {
    await serve();
    const bus = await open();
    const headers = { routing: '€'.repeat(2_000) };
    await Promise.all(
      numbered(1_000).map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text, { headers }))),
    );
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1_000 });
    await received.waitFor(1_000);
    expect(received.all.every(({ redeliveries }) => redeliveries === 0)).toBe(true);
  });

  it('refuse many messages at once, each with its reason', async () => {
    await serve();
    const bus = await open();
    const received = collectDeliveries(() => Promise.reject(new Reject('agent_failed', '失'.repeat(5_000))));
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 600 });
    await Promise.all(numbered(600).map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text))));
    const dead = collectDeliveries();
    await bus.consume(DEAD_LETTER_QUEUE, dead.handler, { prefetch: 600 });
    await dead.waitFor(600);
    expect(received.all).toHaveLength(600);
  });

  it('send no headers that no request may hold, and are not cut off for it', async () => {
    await serve();
    const bus = await open();
    const outcomes = await Promise.allSettled([
      bus.publish(SERVER_INPUT_QUEUE, envelopeOf('', { headers: { large: 'x'.repeat(1_400_000) } })),
      bus.publish(SERVER_INPUT_QUEUE, envelopeOf('small')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('close sooner when they are asked again', async () => {
    await serve();
    const bus = await open();
    const held = collectDeliveries(() => new Promise(() => {}));
    const subscription = await bus.consume(SERVER_INPUT_QUEUE, held.handler, { prefetch: 1 });
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'));
    await held.waitFor(1);
    const closing = subscription.close({ timeoutMs: 600_000 });
    await subscription.close({ timeoutMs: 0 });
    await closing;
    expect(await depthOf(bus, SERVER_INPUT_QUEUE)).toMatchObject({ ready: 1, consumers: 0 });
  });

  it('are heard to the end when they close', async () => {
    await serve();
    const heard: string[] = [];
    const listening = await (await server.serverBus()).subscribe('test', (signal) =>
      heard.push(textOf(signal)),
    );
    await listening.bind('c-1');
    const bus = await open();
    for (const text of numbered(20)) bus.signal({ type: 'x', key: 'c-1', body: Buffer.from(text) });
    await bus.close();
    await eventually(() => expect(heard).toEqual(numbered(20)));
  });

  it('publish no body that is larger than one may be, and the others all the same', async () => {
    await serve();
    const bus = await open();
    const largest = envelopeOf('', { body: new Uint8Array(1024 * 1024) });
    const outcomes = await Promise.allSettled([
      bus.publish(SERVER_INPUT_QUEUE, largest),
      bus.publish(SERVER_INPUT_QUEUE, envelopeOf('', { body: new Uint8Array(1024 * 1024 + 1) })),
      bus.publish(SERVER_INPUT_QUEUE, envelopeOf('', { timestamp: 0.5 })),
      bus.publish(SERVER_INPUT_QUEUE, envelopeOf('small')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 10 });
    await received.waitFor(2);
    expect(received.all.map(({ envelope }) => envelope.body.byteLength)).toEqual([1024 * 1024, 5]);
  });
});
