import { setTimeout as sleep } from 'node:timers/promises';
import { ParleyError } from '@parley/shared-models';
import type { Channel, ChannelModel } from 'amqplib';
import { type BusOptions, DEFAULT_PUBLISH_TIMEOUT_MS, DEFAULT_RETRY_DELAY } from '../bus-options.ts';
import type { BusHealth, MessageBus } from '../message-bus.ts';
import { BATCHED_QUEUES, CHANNELS_EXCHANGE, PERMANENT_QUEUES } from '../topology.ts';
import { createAdministration } from './administration.ts';
import { type Connection, createHealthBoard, keepConnected } from './amqp-connection.ts';
import { type Consumer, createConsumer } from './consumer.ts';
import { DELETION_SETTLES_MS, declareQueue, declareTopology, routingKey } from './declare-topology.ts';
import { createDeliveryHandling } from './delivery-handling.ts';
import { vhostOf } from './management-api.ts';
import { NOT_FOUND, replyCodeOf } from './on-channel.ts';
import { createPublisher } from './publisher.ts';
import { createConsumerWatch, createItemCounts } from './queue-estimates.ts';
import { createSignalListener, type SignalListener } from './signal-listener.ts';
import { createSignalSender } from './signal-sender.ts';

export interface RabbitMqOptions extends BusOptions {
  readonly amqpUrl: string;
  readonly managementUrl?: string | undefined;
  /** See `ConnectBusOptions`. @default 2 */
  readonly amqpConnections?: 1 | 2 | undefined;
}

/** A RabbitMQ that answers does so in this time; one that is away must not hold up the start. */
const FIRST_ATTEMPT_MS = 2_000;

/**
 * AMQP messages of a queue with batches that one of several consumers has in hand at most: each may have many items, and a
 * consumer that stands still holds them all. Where only one consumer is active, there is nobody else to take them.
 */
const MAX_BATCHES_IN_HAND = 64;

/** The bus over RabbitMQ. */
export async function connectRabbitMq(options: RabbitMqOptions): Promise<MessageBus> {
  const { amqpUrl, logger, amqpConnections = 2 } = options;
  // The error of `new URL` would carry the password.
  if (!URL.canParse(amqpUrl)) throw new TypeError('the AMQP URL is not a URL');
  const timeoutMs = options.publishTimeoutMs ?? DEFAULT_PUBLISH_TIMEOUT_MS;
  const consumers = new Set<Consumer>();
  const listeners = new Set<SignalListener>();
  let consumingModel: ChannelModel | undefined;
  let publishingModel: ChannelModel | undefined;
  let ownName = 'rabbitmq';
  let restoring: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;

  const isPermanent = (queue: string): boolean => Object.hasOwn(PERMANENT_QUEUES, queue);
  const counts = createItemCounts();
  const signals = createSignalSender();
  const administration = createAdministration({
    ...options,
    timeoutMs,
    inHand: (queue) =>
      [...consumers].reduce((sum, each) => sum + (each.queue === queue ? each.unsettled : 0), 0),
    itemsIn: counts.itemsIn,
  });
  const publisher = createPublisher({
    timeoutMs,
    logger,
    isPermanent,
    restore: restoreTopology,
    isConsumed: createConsumerWatch(administration.countConsumers).isConsumed,
    onSent: counts.sent,
  });

  /** The use of one connection. */
  interface Role {
    /** Prepares a new connection, and resolves with the function that puts it to use. */
    setUp(model: ChannelModel): Promise<() => Promise<void>>;
    onState(state: BusHealth): void;
  }

  const consuming: Role = {
    setUp: async (model) => async () => {
      consumingModel = model;
      administration.attach(model);
      await Promise.all([...consumers, ...listeners].map((each) => each.attach(model)));
    },
    onState: ({ state }) => {
      if (state !== 'down') return;
      consumingModel = undefined;
      administration.detach();
      for (const each of [...consumers, ...listeners]) each.detach();
    },
  };

  const publishing: Role = {
    setUp: async (model) => {
      const forSignals = await openChannel(model, () => model.createChannel());
      const forMessages = await openChannel(model, () => model.createConfirmChannel());
      return async () => {
        publishingModel = model;
        signals.attach(forSignals);
        publisher.attach(forMessages);
      };
    },
    onState: ({ state }) => {
      if (state === 'down') {
        publishingModel = undefined;
        signals.detach();
        publisher.detach();
      } else {
        signals.setBlocked(state === 'blocked');
        publisher.setBlocked(state === 'blocked');
      }
    },
  };

  const rolesOf: Readonly<Record<string, readonly Role[]>> =
    amqpConnections === 1
      ? { both: [publishing, consuming] }
      : { consuming: [consuming], publishing: [publishing] };
  const health = createHealthBoard(Object.keys(rolesOf));
  const connections: Connection[] = Object.entries(rolesOf).map(([name, roles]) =>
    keepConnected({
      amqpUrl,
      logger,
      name: name === 'both' ? 'parley' : `parley ${name}`,
      setUp: async (model) => {
        ownName = nameOf(model, amqpUrl);
        await declareTopology(model, administration.own);
        const uses = await Promise.all(roles.map((role) => role.setUp(model)));
        return async () => {
          await Promise.all(uses.map((use) => use()));
        };
      },
      onState: (state) => {
        for (const role of roles) role.onState(state);
        health.set(name, state);
      },
    }),
  );

  /** A publishing channel that RabbitMQ closes takes its connection along, which brings both back in order. */
  async function openChannel<T extends Channel>(model: ChannelModel, open: () => Promise<T>): Promise<T> {
    const channel = await open();
    channel.on('error', (error) => {
      logger.error({ err: error }, 'RabbitMQ closed a publishing channel');
      if (publishingModel === model) connections.at(-1)?.renew(error);
    });
    return channel;
  }

  function restoreTopology(): void {
    restoring ??= setTimeout(() => {
      restoring = undefined;
      if (publishingModel === undefined) return;
      declareTopology(publishingModel).catch((error) =>
        logger.error({ err: error }, 'a permanent queue is gone and could not be made again'),
      );
    }, DELETION_SETTLES_MS);
  }

  async function close(): Promise<void> {
    await Promise.all([...consumers, ...listeners].map((each) => each.close()));
    await publisher.close();
    administration.close();
    clearTimeout(restoring);
    await Promise.all(connections.map((connection) => connection.close()));
  }

  const bus: MessageBus = {
    kind: 'rabbitmq',
    name: () => ownName,
    declareAgentQueue: administration.declareAgentQueue,
    deleteAgentQueue: administration.deleteAgentQueue,
    publish: publisher.publish,
    declareChannelQueue: administration.declareChannelQueue,
    deleteChannelQueue: administration.deleteChannelQueue,
    publishEvent: (channel, eventType, envelope) =>
      publisher.publishTo(CHANNELS_EXCHANGE, routingKey(channel, eventType), envelope),

    consume: async (queue, handler, { prefetch }) => {
      if (closing !== undefined) throw closed();
      // To RabbitMQ, 0 means no bound.
      if (!(prefetch >= 1 && prefetch <= 65_535)) throw new RangeError('prefetch must be from 1 to 65535');
      const hasOneConsumer = PERMANENT_QUEUES[queue]?.singleActiveConsumer === true;
      const consumer: Consumer = createConsumer({
        queue,
        prefetch:
          BATCHED_QUEUES.has(queue) && !hasOneConsumer ? Math.min(prefetch, MAX_BATCHES_IN_HAND) : prefetch,
        logger,
        handling: createDeliveryHandling({
          queue,
          handler,
          prefetch,
          logger,
          retryDelay: options.retryDelay ?? DEFAULT_RETRY_DELAY,
          publishAlone: publisher.publishAlone,
          onFailure: (channel) => consumer.onFailure(channel),
          onTaken: counts.taken,
        }),
        prepare: (channel) =>
          isPermanent(queue) ? declareQueue(channel, queue, PERMANENT_QUEUES[queue]) : Promise.resolve(),
        onClosed: () => consumers.delete(consumer),
      });
      consumers.add(consumer);
      if (consumingModel === undefined) return consumer;
      const refusal = await consumer.attach(consumingModel);
      if (replyCodeOf(refusal) === NOT_FOUND) {
        await consumer.close();
        throw new ParleyError('queue_missing', `there is no queue ${queue}`, { cause: refusal });
      }
      return consumer;
    },

    signal: signals.signal,
    subscribe: async (name, listener) => {
      if (closing !== undefined) throw closed();
      const subscription: SignalListener = createSignalListener({
        name,
        listener,
        logger,
        onClosed: () => listeners.delete(subscription),
      });
      listeners.add(subscription);
      if (consumingModel !== undefined) await subscription.attach(consumingModel);
      return subscription;
    },

    depths: administration.depths,
    purge: administration.purge,
    health: health.current,
    onHealth: health.onChange,
    close: () => {
      closing ??= close();
      return closing;
    },
  };

  const giveUp = new AbortController();
  await Promise.race([
    Promise.all(connections.map(({ firstAttempt }) => firstAttempt)),
    sleep(FIRST_ATTEMPT_MS, undefined, { signal: giveUp.signal }).catch(() => undefined),
  ]);
  giveUp.abort();
  return bus;
}

/** Which RabbitMQ this is, as its nodes say, and which vhost of it. */
function nameOf({ connection }: ChannelModel, amqpUrl: string): string {
  // Not in amqplib's types.
  const { cluster_name } = (Reflect.get(connection, 'serverProperties') ?? {}) as { cluster_name?: unknown };
  return typeof cluster_name === 'string' ? `rabbitmq:${cluster_name}/${vhostOf(amqpUrl)}` : 'rabbitmq';
}

const closed = (): ParleyError => new ParleyError('bus_unavailable', 'the bus is closed');
