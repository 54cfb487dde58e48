import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { agentQueue, SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { silentLogger } from '../../conformance/bus-fixture.ts';
import { collectDeliveries, eventually, gate } from '../../conformance/deliveries.ts';
import { envelopeOf, numbered, textOf } from '../../conformance/envelopes.ts';
import { createVhost, manage, type RabbitMqVhost } from '../../testing/index.ts';
import type { BusOptions } from '../bus-options.ts';
import type { MessageBus } from '../message-bus.ts';
import { connectRabbitMq } from './rabbitmq-bus.ts';

describe('queues and exchanges on RabbitMQ', () => {
  let vhost: RabbitMqVhost;
  let stranger: ChannelModel;
  let channel: Channel;
  const opened: MessageBus[] = [];

  const open = async (
    options: Partial<BusOptions> & { managementUrl?: string } = {},
  ): Promise<MessageBus> => {
    const bus = await connectRabbitMq({ logger: silentLogger, amqpUrl: vhost.amqpUrl, ...options });
    opened.push(bus);
    return bus;
  };
  const queueNamed = async (name: string): Promise<Record<string, unknown> | undefined> => {
    const queues = await manage(vhost.managementUrl, 'GET', `/api/queues/${vhost.name}`);
    return (queues as Record<string, unknown>[]).find((queue) => queue.name === name);
  };

  beforeEach(async () => {
    vhost = await createVhost();
    stranger = await connect(vhost.amqpUrl);
    stranger.on('error', () => undefined);
    channel = await stranger.createChannel();
    channel.on('error', () => undefined);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((bus) => bus.close()));
    await stranger.close();
    await vhost.remove();
  });

  it('makes durable quorum queues with a delivery limit and at-least-once dead-lettering', async () => {
    const bus = await open();
    await bus.declareAgentQueue('finance-1');
    const common = { 'x-queue-type': 'quorum', 'x-delivery-limit': 19, 'x-overflow': 'reject-publish' };
    const death = { 'x-dead-letter-exchange': 'dead_letters', 'x-dead-letter-strategy': 'at-least-once' };
    await eventually(async () => {
      expect(await queueNamed('broker_input_queue')).toMatchObject({
        durable: true,
        auto_delete: false,
        arguments: { ...common, ...death, 'x-single-active-consumer': true },
      });
      for (const name of ['server_input_queue', 'agent_queue_finance-1']) {
        expect((await queueNamed(name))?.arguments).toEqual({ ...common, ...death });
      }
      expect((await queueNamed('dead_letter_queue'))?.arguments).toEqual({
        'x-queue-type': 'quorum',
        'x-delivery-limit': 1_000_000_000,
      });
    });
    await channel.checkExchange('signals');
    await channel.checkExchange('channels');
  });

  describe('where a queue is full', () => {
    beforeEach(async () => {
      // Before the queue is made, so that it has the limit from the start.
      await manage(vhost.managementUrl, 'PUT', `/api/policies/${vhost.name}/short`, {
        pattern: '^server_input_queue$',
        definition: { 'max-length': 2 },
        'apply-to': 'queues',
      });
    });

    it('repeats the publishes that RabbitMQ refuses until there is room', async () => {
      const refusal = gate();
      const bus = await open({
        logger: {
          ...silentLogger,
          warn: (_, message) => {
            if (message.startsWith('RabbitMQ refuses')) refusal.open();
          },
        },
      });
      const texts = numbered(20);
      const publishAll = (some: string[]) =>
        Promise.all(some.map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text))));
      // RabbitMQ takes a burst as a whole before it sees that the queue is full, if it is quick enough.
      const first = publishAll(texts.slice(0, 10));
      await Promise.race([first, refusal.opened]);
      const publishing = Promise.all([first, publishAll(texts.slice(10))]);
      await refusal.opened;
      const received = collectDeliveries();
      await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
      await publishing;
      await received.waitFor(texts.length);
      expect(received.texts().sort()).toEqual(texts.sort());
    });

    it('fails with bus_unavailable when it stays full', async () => {
      const [patient, hasty] = [await open(), await open({ publishTimeoutMs: 500 })];
      const publishAll = (bus: MessageBus) =>
        Promise.allSettled(numbered(10).map((text) => bus.publish(SERVER_INPUT_QUEUE, envelopeOf(text))));
      // A message that finds room takes its time on a busy machine, and is not tested here.
      await publishAll(patient);
      const outcomes = await publishAll(hasty);
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'bus_unavailable' } });
      }
    });
  });

  it('makes a permanent queue again that somebody deleted when it publishes', async () => {
    const bus = await open();
    await channel.deleteQueue(SERVER_INPUT_QUEUE);
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('after'));
    expect(await channel.get(SERVER_INPUT_QUEUE, { noAck: true })).toMatchObject({
      content: Buffer.from('after'),
    });
  });

  it('makes a permanent queue again that somebody deleted, and consumes on', async () => {
    const bus = await open();
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    await channel.deleteQueue(SERVER_INPUT_QUEUE);
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('after'));
    await received.waitFor(1);
    expect(received.texts()).toEqual(['after']);
  });

  it('consumes an agent queue again once that was deleted and declared anew', async () => {
    const [agent, server] = [await open(), await open()];
    await agent.declareAgentQueue('finance-1');
    const received = collectDeliveries();
    await agent.consume(agentQueue('finance-1'), received.handler, { prefetch: 1 });
    await server.deleteAgentQueue('finance-1');
    await expect(server.publish(agentQueue('finance-1'), envelopeOf('lost'))).rejects.toMatchObject({
      code: 'queue_missing',
    });
    await server.declareAgentQueue('finance-1');
    await server.publish(agentQueue('finance-1'), envelopeOf('again'));
    await received.waitFor(1);
    expect(received.texts()).toEqual(['again']);
  });

  it('refuses to consume an agent queue that is not there', async () => {
    const bus = await open();
    const consume = bus.consume(agentQueue('nobody'), async () => undefined, { prefetch: 1 });
    await expect(consume).rejects.toMatchObject({ code: 'queue_missing' });
  });

  it('is down, saying why, when a permanent queue exists in another form', async () => {
    await channel.assertQueue(SERVER_INPUT_QUEUE, { durable: true });
    const bus = await open();
    expect(bus.health()).toMatchObject({
      state: 'down',
      reason: expect.stringMatching(/PRECONDITION_FAILED.*server_input_queue/),
    });
    await channel.deleteQueue(SERVER_INPUT_QUEUE);
    await eventually(() => expect(bus.health().state).toBe('up'));
  });

  it('asks for heartbeats', async () => {
    await open();
    await eventually(async () => {
      const connections = await manage(vhost.managementUrl, 'GET', `/api/vhosts/${vhost.name}/connections`);
      const own = (connections as Record<string, unknown>[]).filter(({ client_properties }) =>
        JSON.stringify(client_properties).includes('parley'),
      );
      expect(own.map(({ timeout }) => timeout)).toEqual([6, 6]);
    });
  });

  it('tells depths also when the management API does not answer', async () => {
    const bus = await open({ managementUrl: 'http://127.0.0.1:1' });
    expect((await bus.depths()).map(({ name }) => name).sort()).toEqual(
      ['broker_input_queue', 'dead_letter_queue', 'server_input_queue'].sort(),
    );
  });

  it('tells with the management API the number of messages that other processes have in hand', async () => {
    const [consumer, observer] = [await open(), await open({ managementUrl: vhost.managementUrl })];
    await consumer.publish(SERVER_INPUT_QUEUE, envelopeOf('x'));
    const finish = gate();
    const received = collectDeliveries(() => finish.opened);
    await consumer.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    await received.waitFor(1);
    await eventually(async () => {
      const depth = (await observer.depths()).find(({ name }) => name === SERVER_INPUT_QUEUE);
      expect(depth).toEqual({ name: SERVER_INPUT_QUEUE, ready: 0, unacknowledged: 1, consumers: 1 });
    });
    finish.open();
  });

  it('takes a subscription name over as soon as the connection that had it is gone', async () => {
    const name = 'server_fanout_1';
    await channel.assertQueue(name, { exclusive: true, autoDelete: true, durable: false });
    const bus = await open();
    const heard: string[] = [];
    const subscribing = bus.subscribe(name, (signal) => heard.push(textOf(signal)));
    await stranger.close();
    stranger = await connect(vhost.amqpUrl);
    const subscription = await subscribing;
    await subscription.bind('c-1');
    await eventually(() => {
      bus.signal({ type: 't', key: 'c-1', body: new TextEncoder().encode('x') });
      expect(heard.length).toBeGreaterThan(0);
    });
  });
});
