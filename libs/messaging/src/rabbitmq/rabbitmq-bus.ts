import { setTimeout as sleep } from 'node:timers/promises';
import { DEAD_LETTER_QUEUE, ParleyError } from '@parley/shared-models';
import type { Channel, ChannelModel } from 'amqplib';
import { type BusOptions, DEFAULT_PUBLISH_TIMEOUT_MS, DEFAULT_RETRY_DELAY } from '../bus-options.ts';
import type { MessageBus } from '../message-bus.ts';
import { CHANNELS_EXCHANGE, PERMANENT_QUEUES } from '../topology.ts';
import { createAdministration } from './administration.ts';
import { type Connection, keepConnected } from './connection.ts';
import { type Consumer, createConsumer } from './consumer.ts';
import { DELETION_SETTLES_MS, declareQueue, declareTopology, routingKey } from './declare-topology.ts';
import { createDeliveryHandling } from './delivery-handling.ts';
import { createHealthBoard } from './health-board.ts';
import { NOT_FOUND, replyCodeOf } from './on-channel.ts';
import { createPublisher } from './publisher.ts';
import { createSignalListener, type SignalListener } from './signal-listener.ts';
import { createSignalSender } from './signal-sender.ts';

export interface RabbitMqOptions extends BusOptions {
  readonly amqpUrl: string;
  readonly managementUrl?: string | undefined;
}

/** A RabbitMQ that answers does so in this time; one that is away must not hold up the start. */
const FIRST_ATTEMPT_MS = 2_000;

/**
 * The bus over RabbitMQ, on two connections: RabbitMQ stops reading from a connection that publishes while its
 * memory or disk runs out, and acknowledgements must get through then.
 */
export async function connectRabbitMq(options: RabbitMqOptions): Promise<MessageBus> {
  const { amqpUrl, logger } = options;
  // The error of `new URL` would carry the password.
  if (!URL.canParse(amqpUrl)) throw new TypeError('the AMQP URL is not a URL');
  const timeoutMs = options.publishTimeoutMs ?? DEFAULT_PUBLISH_TIMEOUT_MS;
  const health = createHealthBoard(['consuming', 'publishing']);
  const consumers = new Set<Consumer>();
  const listeners = new Set<SignalListener>();
  let consumingModel: ChannelModel | undefined;
  let publishingModel: ChannelModel | undefined;
  let restoring: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;

  const isPermanent = (queue: string): boolean => Object.hasOwn(PERMANENT_QUEUES, queue);
  const signals = createSignalSender();
  const publisher = createPublisher({ timeoutMs, logger, isPermanent, restore: restoreTopology });
  const administration = createAdministration({
    ...options,
    timeoutMs,
    inHand: (queue) =>
      [...consumers].reduce((sum, each) => sum + (each.queue === queue ? each.inHand : 0), 0),
  });

  const consuming = keepConnected({
    amqpUrl,
    logger,
    name: 'parley consuming',
    setUp: async (model) => {
      await declareTopology(model, administration.own);
      return async () => {
        consumingModel = model;
        administration.attach(model);
        await Promise.all([...consumers, ...listeners].map((each) => each.attach(model)));
      };
    },
    onState: (state) => {
      if (state.state === 'down') {
        consumingModel = undefined;
        administration.detach();
        for (const each of [...consumers, ...listeners]) each.detach();
      }
      health.set('consuming', state);
    },
  });

  const publishing: Connection = keepConnected({
    amqpUrl,
    logger,
    name: 'parley publishing',
    setUp: async (model) => {
      await declareTopology(model, administration.own);
      const forSignals = await openChannel(model, () => model.createChannel());
      const forMessages = await openChannel(model, () => model.createConfirmChannel());
      return async () => {
        publishingModel = model;
        signals.attach(forSignals);
        publisher.attach(forMessages);
      };
    },
    onState: (state) => {
      if (state.state === 'down') {
        publishingModel = undefined;
        signals.detach();
        publisher.detach();
      } else {
        signals.setBlocked(state.state === 'blocked');
        publisher.setBlocked(state.state === 'blocked');
      }
      health.set('publishing', state);
    },
  });

  /** A publishing channel that RabbitMQ closes takes its connection along, which brings both back in order. */
  async function openChannel<T extends Channel>(model: ChannelModel, open: () => Promise<T>): Promise<T> {
    const channel = await open();
    channel.on('error', (error) => {
      logger.error({ err: error }, 'RabbitMQ closed a publishing channel');
      if (publishingModel === model) publishing.renew(error);
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
    await Promise.all([consuming.close(), publishing.close()]);
  }

  const bus: MessageBus = {
    kind: 'rabbitmq',
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
      const consumer: Consumer = createConsumer({
        queue,
        prefetch,
        logger,
        handling: createDeliveryHandling({
          queue,
          handler,
          prefetch,
          logger,
          retryDelay: options.retryDelay ?? DEFAULT_RETRY_DELAY,
          publishDeadLetter: (envelope) => publisher.publish(DEAD_LETTER_QUEUE, envelope),
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
    Promise.all([consuming.firstAttempt, publishing.firstAttempt]),
    sleep(FIRST_ATTEMPT_MS, undefined, { signal: giveUp.signal }).catch(() => undefined),
  ]);
  giveUp.abort();
  return bus;
}

const closed = (): ParleyError => new ParleyError('bus_unavailable', 'the bus is closed');
