import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ControlPlaneClient, createControlPlaneClient } from '@parley/control-plane';
import { connectBus, type Envelope, eventEnvelope, type MessageBus } from '@parley/messaging';
import { collectDeliveries, eventually, isUp } from '@parley/messaging/test-queue';
import {
  AgentProfile,
  agentQueue,
  BROKER_INPUT_QUEUE,
  channelQueue,
  DEAD_LETTER_QUEUE,
  newId,
  SERVER_INPUT_QUEUE,
} from '@parley/shared-models';
import { type Ground, makeGround, silent, testConfig } from '../../testing/server-fixture.ts';
import { type RunningServer, startServer } from '../start-server.ts';
import { mismatchOf } from './queue-members.ts';

const envelope = (sender: string, more: Partial<Envelope> = {}): Envelope => ({
  messageId: newId(),
  type: 'chat.reply',
  timestamp: 1,
  headers: { sender },
  body: Buffer.from('{}'),
  ...more,
});

describe("who reaches the server's own queue", () => {
  let ground: Ground;
  let server: RunningServer;
  const closes: (() => Promise<void> | void)[] = [];
  beforeEach(async () => {
    ground = await makeGround();
    const config = testConfig({ DATA_DIR: ground.folder.dataDir, RATE_LIMIT: 'off' });
    server = await startServer(config, { bus: ground.bus, store: ground.store, logger: silent });
  });
  afterEach(async () => {
    for (const close of closes.splice(0).reverse()) await close();
    await server.stop();
    await ground.remove();
  });

  function connect(): ControlPlaneClient {
    const client = createControlPlaneClient({
      url: `127.0.0.1:${server.grpcPort}`,
      joinToken: server.accessToken,
      logger: silent,
    });
    closes.push(() => client.close());
    return client;
  }
  type Profile = Partial<AgentProfile>;
  const request = (agentId: string, profile: Profile = {}) => ({
    agentId,
    isExclusive: true,
    instanceId: newId(),
    profile: AgentProfile.parse({ name: agentId, group: agentId, ...profile }),
    queue: 'embedded',
  });

  async function joinAgent(agentId: string, profile: Profile = {}): Promise<MessageBus> {
    const client = connect();
    const { incarnation } = await client.registerAgent(request(agentId, profile));
    const bus = await connectBus({ logger: silent });
    closes.push(() => bus.close());
    bus.attach?.(async (signal) => client.connectQueue({ agentId, incarnation }, { signal }));
    await isUp(bus);
    return bus;
  }
  async function joinBroker(): Promise<MessageBus> {
    const client = connect();
    const brokerId = newId();
    await client.registerBroker({ brokerId, name: 'Broker', queue: 'embedded' });
    const bus = await connectBus({ logger: silent });
    closes.push(() => bus.close());
    bus.attach?.(async (signal) => client.connectQueue({ brokerId }, { signal }));
    await isUp(bus);
    return bus;
  }
  const forbidden = { code: 'forbidden' };
  const event = (source: string, kind: 'agent' | 'user' = 'agent'): Envelope =>
    eventEnvelope('agents', {
      id: newId(),
      type: 'note',
      payload: {},
      source: { kind, id: source, name: source },
      at: '2026-01-31T12:00:00.000Z',
    });
  const ignore = async (): Promise<void> => {};

  it('as an agent speaks in its own name, to the broker, and takes what is its own', async () => {
    const bus = await joinAgent('echo', {
      group: 'echoes',
      subscriptions: [{ channel: 'human', types: ['note'] }],
    });
    await joinAgent('other');
    await bus.publish(BROKER_INPUT_QUEUE, envelope('agent:echo'));
    await bus.publishEvent('agents', 'note', event('echo'));
    await bus.publish(channelQueue('echoes'), event('other'));
    await bus.declareChannelQueue('echoes', [{ channel: 'human', type: 'note' }]);
    for (const queue of [agentQueue('echo'), channelQueue('echoes')])
      await (await bus.consume(queue, ignore, { prefetch: 1 })).close();
    expect((await bus.depths()).map(({ name }) => name).toSorted()).toEqual([
      agentQueue('echo'),
      channelQueue('echoes'),
    ]);

    await expect(bus.publish(BROKER_INPUT_QUEUE, envelope('agent:other'))).rejects.toMatchObject(forbidden);
    await expect(bus.publish(SERVER_INPUT_QUEUE, envelope('agent:echo'))).rejects.toMatchObject(forbidden);
    await expect(bus.publish(agentQueue('other'), envelope('agent:echo'))).rejects.toMatchObject(forbidden);
    await expect(bus.publish(channelQueue('other'), envelope('agent:echo'))).rejects.toMatchObject(forbidden);
    // Its header does not count.
    const forged = { ...event('admin', 'user'), headers: { ...event('echo').headers } };
    for (const foreign of [event('other'), forged, envelope('agent:echo')])
      await expect(bus.publishEvent('agents', 'note', foreign)).rejects.toMatchObject(forbidden);
    await expect(bus.publishEvent('human', 'note', event('echo'))).rejects.toMatchObject(forbidden);
    await expect(bus.publishEvent('agents', 'order', event('echo'))).rejects.toMatchObject(forbidden);
    const request = envelope('agent:echo', { type: 'chat.message' });
    await expect(bus.publish(BROKER_INPUT_QUEUE, request)).rejects.toMatchObject(forbidden);
    await expect(bus.purge(agentQueue('echo'))).rejects.toMatchObject(forbidden);
    await expect(bus.deleteChannelQueue('echoes')).rejects.toMatchObject(forbidden);
    for (const queue of [
      BROKER_INPUT_QUEUE,
      SERVER_INPUT_QUEUE,
      DEAD_LETTER_QUEUE,
      agentQueue('other'),
    ] as const)
      await expect(bus.consume(queue, ignore, { prefetch: 1 })).rejects.toMatchObject(forbidden);
    await expect(bus.purge(BROKER_INPUT_QUEUE)).rejects.toMatchObject(forbidden);
    await expect(bus.deleteAgentQueue('other')).rejects.toMatchObject(forbidden);
    await expect(bus.declareAgentQueue('new')).rejects.toMatchObject(forbidden);
    const more = bus.declareChannelQueue('echoes', [{ channel: 'human', type: 'order' }]);
    await expect(more).rejects.toMatchObject(forbidden);
    const signals = await bus.subscribe('x', () => undefined);
    for (const key of ['agents', 'servers', 'agent:other', newId()])
      await expect(signals.bind(key)).rejects.toMatchObject(forbidden);
    await signals.bind('agent:echo');
  });

  it('as an agent signals to who follows a conversation, and to nobody else', async () => {
    const bus = await joinAgent('echo');
    const conversationId = newId();
    const heard: string[] = [];
    const keys = [conversationId, 'agents', 'servers', 'agent:other'];
    const listening = await ground.bus.subscribe('test', ({ type, key }) => heard.push(`${type} ${key}`));
    for (const key of keys) await listening.bind(key);
    for (const type of ['server.agents', 'chat.cancel', 'chat.delta'])
      for (const key of keys) bus.signal({ type, key, body: Buffer.from('{}') });
    const isOurs = (line: string): boolean => !/^server\.(agents|here) (agents|servers)$/.test(line);
    await eventually(() => expect(heard.filter(isOurs)).toEqual([`chat.delta ${conversationId}`]));
  });

  it('as a broker takes what is to be routed, and gives it to the server', async () => {
    const bus = await joinBroker();
    const received = collectDeliveries();
    await bus.consume(BROKER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    await ground.bus.publish(BROKER_INPUT_QUEUE, envelope('user:x'));
    await received.waitFor(1);
    await bus.publish(SERVER_INPUT_QUEUE, envelope('user:x'));
    await expect(bus.publish(BROKER_INPUT_QUEUE, envelope('user:x'))).rejects.toMatchObject(forbidden);
    await expect(bus.publish(agentQueue('echo'), envelope('user:x'))).rejects.toMatchObject(forbidden);
    await expect(bus.consume(SERVER_INPUT_QUEUE, ignore, { prefetch: 1 })).rejects.toMatchObject(forbidden);
    expect(await bus.depths()).toEqual([]);
  });

  it('must show who it is', async () => {
    const { incarnation } = await connect().registerAgent(request('echo'));
    const stranger = connect();
    const open = (first: object): Promise<unknown> => {
      const [iterator] = [stranger.connectQueue(first).events[Symbol.asyncIterator]()];
      return iterator.next();
    };
    const unauthenticated = { code: 'unauthenticated' };
    await expect(open({ agentId: 'echo', incarnation })).rejects.toMatchObject(unauthenticated);
    await expect(open({ brokerId: newId() })).rejects.toMatchObject(unauthenticated);
    await expect(open({})).rejects.toMatchObject(unauthenticated);
    // Its own credential is no other's.
    await stranger.registerAgent(request('other'));
    await expect(open({ agentId: 'echo', incarnation })).rejects.toMatchObject(unauthenticated);
  });

  it('loses its stream, and the messages in its hand, to the process that has replaced it', async () => {
    const before = await joinAgent('echo');
    const held = collectDeliveries(() => new Promise(() => {}));
    await before.consume(agentQueue('echo'), held.handler, { prefetch: 1 });
    await ground.bus.publish(agentQueue('echo'), envelope('user:x'));
    await held.waitFor(1);
    // It registers, and does not open a stream yet.
    await connect().registerAgent(request('echo'));
    await eventually(() =>
      expect(before.health()).toMatchObject({
        state: 'down',
        reason: expect.stringMatching(/registered|replaced/),
      }),
    );
    const ready = async () => (await ground.bus.depths()).find(({ name }) => name === agentQueue('echo'));
    await eventually(async () => expect(await ready()).toMatchObject({ ready: 1, consumers: 0 }));
  });

  it('has one stream: of several opened at once the last one stays', async () => {
    const client = connect();
    const { incarnation } = await client.registerAgent(request('echo'));
    const open = () => client.connectQueue({ agentId: 'echo', incarnation });
    const streams = [open(), open(), open(), open()];
    const ends = streams.map(async ({ events }, index) => {
      for await (const _ of events);
      return index;
    });
    const ended = new Set<number>();
    for (const end of ends) end.catch((error) => ended.add(ends.indexOf(end)) && error);
    await eventually(() => expect(ended.size).toBe(3));
    for (const stream of streams)
      stream.send({
        operations: [{ number: 1, consume: { subscription: 1, queue: agentQueue('echo'), prefetch: 1 } }],
      });
    const depth = async () => (await ground.bus.depths()).find(({ name }) => name === agentQueue('echo'));
    await eventually(async () => expect(await depth()).toMatchObject({ consumers: 1 }));
  });

  it('gives back at once what it has in hand when it is lost while it closes', async () => {
    const client = connect();
    const { incarnation } = await client.registerAgent(request('echo'));
    const { events, send } = client.connectQueue({ agentId: 'echo', incarnation });
    const subscription = 1;
    send({ operations: [{ number: 1, consume: { subscription, queue: agentQueue('echo'), prefetch: 1 } }] });
    await ground.bus.publish(agentQueue('echo'), envelope('user:x'));
    for await (const { deliveries = [] } of events) {
      if (deliveries.length === 0) continue;
      send({ operations: [{ number: 2, close: { subscription, timeoutMs: 600_000 } }] });
      break;
    }
    const bus = await joinAgent('echo');
    const received = collectDeliveries();
    await bus.consume(agentQueue('echo'), received.handler, { prefetch: 1 });
    expect(await received.waitFor(1)).toMatchObject([{ redeliveries: 1 }]);
  });

  it('is told what is wrong with a request, also a later one', async () => {
    const client = connect();
    const { incarnation } = await client.registerAgent(request('echo'));
    const { events, send } = client.connectQueue({ agentId: 'echo', incarnation });
    send({ operations: [{ number: 1, declareAgentQueue: 'No Such Id' }] });
    const read = async (): Promise<void> => {
      for await (const _ of events);
    };
    await expect(read()).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(/operations\.0\.declare_agent_queue/),
    });
  });

  it('is refused only the message that is not as it must be', async () => {
    const bus = await joinAgent('echo');
    const outcomes = await Promise.allSettled([
      bus.publish(BROKER_INPUT_QUEUE, envelope('agent:echo')),
      bus.publish(BROKER_INPUT_QUEUE, envelope('agent:echo', { messageId: 'x'.repeat(201) })),
      bus.publish(BROKER_INPUT_QUEUE, envelope('agent:echo')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(bus.health()).toEqual({ state: 'up' });
  });

  it('finds the queues of an agent as soon as that is seen, but for events whose past it wants', async () => {
    await connect().registerAgent(
      request('stock', {
        subscriptions: [
          { channel: 'human', types: ['order', 'note'] },
          { channel: 'agents', types: ['done'], replayLast: 5 },
        ],
      }),
    );
    for (const [channel, type] of [
      ['human', 'order'],
      ['human', 'other'],
      ['agents', 'done'],
    ] as const)
      await ground.bus.publishEvent(channel, type, envelope('user:x', { type }));
    const names = (await ground.bus.depths()).map(({ name, ready }) => [name, ready]);
    expect(names).toContainEqual([agentQueue('stock'), 0]);
    expect(names).toContainEqual([channelQueue('stock'), 1]);
  });

  it('is refused where it is on another queue, and told what to set', async () => {
    const mismatch = { code: 'queue_mismatch' };
    const elsewhere = { ...request('echo'), queue: 'rabbitmq:rabbit@host//' };
    await expect(connect().registerAgent(elsewhere)).rejects.toMatchObject({
      ...mismatch,
      message: expect.stringMatching(/without AMQP_URL/),
    });
    const { queue: _, ...unsaid } = request('echo');
    await expect(connect().registerAgent(unsaid)).rejects.toMatchObject({
      ...mismatch,
      message: expect.stringMatching(/set AMQP_URL of both/),
    });
    const broker = { brokerId: newId(), name: 'Broker', queue: 'rabbitmq' };
    await expect(connect().registerBroker(broker)).rejects.toMatchObject(mismatch);
  });
});

describe('two names of queues', () => {
  it.each([
    ['embedded', 'embedded'],
    ['rabbitmq:a//', 'rabbitmq:a//'],
    ['rabbitmq:a//', 'rabbitmq'],
    ['rabbitmq', 'rabbitmq:a//'],
    ['rabbitmq:a//', ''],
  ])('may be those of one: %s and %s', (own, theirs) => {
    expect(mismatchOf(own, theirs)).toBeUndefined();
  });

  it.each([
    ['embedded', '', /AMQP_URL/],
    ['embedded', 'rabbitmq', /start this process without AMQP_URL/],
    ['rabbitmq:a//', 'embedded', /set AMQP_URL of this process/],
    ['rabbitmq:a//', 'rabbitmq:b//', /a\/\/.*b\/\//],
    ['rabbitmq:a//', 'rabbitmq:a/other', /a\/other/],
  ])('tell two apart, and name the setting: %s and %s', (own, theirs, said) => {
    expect(mismatchOf(own, theirs)).toMatch(said);
  });
});
