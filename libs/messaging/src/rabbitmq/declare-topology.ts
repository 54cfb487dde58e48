import { agentQueue, channelQueue, DEAD_LETTER_QUEUE } from '@parley/shared-models';
import type { Channel, ChannelModel } from 'amqplib';
import type { ChannelBinding, QueueOptions } from '../message-bus.ts';
import {
  CHANNELS_EXCHANGE,
  DEAD_LETTER_EXCHANGE,
  DELIVERY_LIMIT,
  PERMANENT_QUEUES,
  SIGNAL_EXCHANGE,
} from '../topology.ts';
import { onChannel } from './on-channel.ts';

/**
 * RabbitMQ counts the times a message came back, and lets it die when that is more than the limit: one less than
 * the times it may be handed out.
 */
const RETURN_LIMIT = DELIVERY_LIMIT - 1;
/** RabbitMQ 4 gives a queue without a limit one of 20, and 3.x refuses -1, its word for none. */
const NO_RETURN_LIMIT = 1_000_000_000;

/**
 * RabbitMQ tells the consumers of a deleted queue a moment later. A queue of that name which is made before takes over
 * their registrations, and hands them nothing (seen with 3.10): the caller that deletes a queue or makes it again waits
 * this long.
 */
export const DELETION_SETTLES_MS = 150;

function queueArguments(name: string, { singleActiveConsumer = false }: QueueOptions = {}): object {
  const own = {
    'x-queue-type': 'quorum',
    ...(singleActiveConsumer ? { 'x-single-active-consumer': true } : {}),
  };
  if (name === DEAD_LETTER_QUEUE) return { ...own, 'x-delivery-limit': NO_RETURN_LIMIT };
  return {
    ...own,
    'x-delivery-limit': RETURN_LIMIT,
    'x-dead-letter-exchange': DEAD_LETTER_EXCHANGE,
    // At-least-once needs reject-publish: a dead letter must be refused rather than dropped.
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  };
}

/** Makes the queue if it is not there. Rejects with code 406 when it exists with other arguments. */
export async function declareQueue(channel: Channel, name: string, options?: QueueOptions): Promise<void> {
  await channel.assertQueue(name, { durable: true, arguments: queueArguments(name, options) });
}

/** Makes the group's queue if it is not there, and binds it. Idempotent. */
export async function declareChannelQueue(
  channel: Channel,
  group: string,
  bindings: readonly ChannelBinding[],
): Promise<void> {
  const queue = channelQueue(group);
  await declareQueue(channel, queue);
  for (const binding of bindings)
    await channel.bindQueue(queue, CHANNELS_EXCHANGE, routingKey(binding.channel, bindingWord(binding.type)));
}

/** Events travel by `<channel>.<event type>`. */
export const routingKey = (channel: string, eventType: string): string => `${channel}.${eventType}`;

/** A type may have several words with dots between. */
const bindingWord = (type: string): string => (type === '*' ? '#' : type);

/** The queues that come and go, as this process has declared them. */
export interface OwnQueues {
  readonly agentIds: ReadonlySet<string>;
  /** By group. */
  readonly channelBindings: ReadonlyMap<string, readonly ChannelBinding[]>;
}

/** Declares the topology that every process relies on, and this process's own queues. Idempotent. */
export function declareTopology(model: ChannelModel, own?: OwnQueues): Promise<void> {
  return onChannel(model, async (channel) => {
    await Promise.all([
      channel.assertExchange(DEAD_LETTER_EXCHANGE, 'fanout', { durable: true }),
      channel.assertExchange(SIGNAL_EXCHANGE, 'direct', { durable: true }),
      channel.assertExchange(CHANNELS_EXCHANGE, 'topic', { durable: true }),
      declareQueue(channel, DEAD_LETTER_QUEUE, PERMANENT_QUEUES[DEAD_LETTER_QUEUE]),
      channel.bindQueue(DEAD_LETTER_QUEUE, DEAD_LETTER_EXCHANGE, ''),
      // After the queue for dead letters: none of these may be able to lose one.
      ...Object.entries(PERMANENT_QUEUES)
        .filter(([name]) => name !== DEAD_LETTER_QUEUE)
        .map(([name, options]) => declareQueue(channel, name, options)),
      ...Array.from(own?.agentIds ?? [], (agentId) => declareQueue(channel, agentQueue(agentId))),
    ]);
    for (const [group, bindings] of own?.channelBindings ?? [])
      await declareChannelQueue(channel, group, bindings);
  });
}
