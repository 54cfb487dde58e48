import type { Channel, ChannelModel, ConsumeMessage, Message } from 'amqplib';

interface ConsumerChannelOptions {
  readonly queue: string;
  /** AMQP messages in hand at most. */
  readonly prefetch: number;
  /** See `ConsumerChannel`. */
  readonly isCareful: boolean;
  /** Runs on the new channel before it consumes. */
  readonly prepare: (channel: Channel) => Promise<void>;
  readonly onMessage: (message: ConsumeMessage, consumerChannel: ConsumerChannel) => void;
  /** The channel ended, or RabbitMQ took the consumer away, without having been asked to. */
  readonly onLost: (consumerChannel: ConsumerChannel, error: Error) => void;
}

/** A channel with one consumer. Its deliveries can be settled on it only. */
export interface ConsumerChannel {
  readonly acknowledger: Acknowledger;
  /** Whether it takes one message at a time, since one of those that it gets may kill its consumer. */
  readonly isCareful: boolean;
  /** Whether its deliveries can still be settled. */
  isAlive(): boolean;
  /** Starts the flow of messages; idempotent. */
  start(): Promise<void>;
  /** Ends the flow; messages in hand can still be settled. Idempotent. */
  stop(): Promise<void>;
  /** Ends the channel, which returns the messages in hand to the queue. */
  close(): Promise<void>;
}

export async function openConsumerChannel(
  model: ChannelModel,
  options: ConsumerChannelOptions,
): Promise<ConsumerChannel> {
  const { queue, prefetch, isCareful, onMessage, onLost } = options;
  const channel = await model.createChannel();
  let isOpen = true;
  let isEnding = false;
  let consumerTag: string | undefined;
  let failure = new Error('the channel was closed');

  const acknowledger = createAcknowledger({
    ack: (tag, allUpTo) => channel.ack(referenceTo(tag), allUpTo),
    // From RabbitMQ 4.3 on, basic.nack does not count as a failed delivery; basic.reject does everywhere.
    requeue: (tag) => channel.reject(referenceTo(tag), true),
  });

  channel.on('error', (error) => {
    failure = error;
  });
  channel.on('close', () => {
    isOpen = false;
    acknowledger.stop();
    if (!isEnding) onLost(consumerChannel, failure);
  });

  const consumerChannel: ConsumerChannel = {
    acknowledger,
    isCareful,
    isAlive: () => isOpen,
    start: async () => {
      if (consumerTag !== undefined) return;
      ({ consumerTag } = await channel.consume(queue, (message) => {
        if (message !== null) {
          acknowledger.delivered(message.fields.deliveryTag);
          onMessage(message, consumerChannel);
          return;
        }
        consumerTag = undefined;
        if (!isEnding) onLost(consumerChannel, new Error(`RabbitMQ cancelled the consumer of ${queue}`));
      }));
    },
    stop: async () => {
      const tag = consumerTag;
      consumerTag = undefined;
      if (tag !== undefined && isOpen) await channel.cancel(tag);
    },
    close: async () => {
      isEnding = true;
      acknowledger.flush();
      acknowledger.stop();
      if (!isOpen) return;
      isOpen = false;
      await channel.close();
    },
  };

  try {
    await options.prepare(channel);
    await channel.prefetch(prefetch);
    return consumerChannel;
  } catch (error) {
    isEnding = true;
    if (isOpen) await channel.close();
    throw error;
  }
}

/** amqplib wants a message to settle it, but looks at its tag only. */
function referenceTo(deliveryTag: number): Message {
  const fields = { deliveryTag, redelivered: false, exchange: '', routingKey: '' };
  return { fields, properties: NO_PROPERTIES, content: NO_CONTENT };
}

const NO_CONTENT = Buffer.alloc(0);
const NO_PROPERTIES = {} as Message['properties'];

/** The two commands of a channel that settle deliveries. */
interface SettlingChannel {
  ack(tag: number, allUpTo: boolean): void;
  requeue(tag: number): void;
}

interface Acknowledger {
  /** A delivery arrived; tags of one channel grow by one. */
  delivered(tag: number): void;
  acknowledge(tag: number): void;
  /** Back to the queue, counted as a failure. */
  requeue(tag: number): void;
  /** Sends the acknowledgements that still wait for their batch. */
  flush(): void;
  /** Resolves when nothing is in hand any more, or the channel is gone. */
  emptied(): Promise<void>;
  /** The channel is gone: settles nothing any more. */
  stop(): void;
}

/**
 * Gathers the acknowledgements of one turn of the event loop, and sends those below the oldest open delivery as
 * one command. The others go one by one, since a command for many settles everything below its tag.
 */
export function createAcknowledger(channel: SettlingChannel): Acknowledger {
  /** Unsettled tags, oldest first. */
  const open = new Set<number>();
  let batch: number[] = [];
  let scheduled: NodeJS.Immediate | undefined;
  let isStopped = false;
  let wakeEmptied: (() => void) | undefined;

  function flush(): void {
    clearImmediate(scheduled);
    scheduled = undefined;
    if (batch.length === 0 || isStopped) return;
    const oldestOpen = open.values().next().value ?? Number.POSITIVE_INFINITY;
    let upTo = 0;
    let below = 0;
    for (const tag of batch) {
      if (tag > oldestOpen) {
        channel.ack(tag, false);
        continue;
      }
      below += 1;
      if (tag > upTo) upTo = tag;
    }
    batch = [];
    if (below > 0) channel.ack(upTo, below > 1);
  }

  return {
    delivered: (tag) => {
      open.add(tag);
    },
    acknowledge: (tag) => {
      if (isStopped || !open.delete(tag)) return;
      batch.push(tag);
      // Nothing is in hand: perhaps the next message waits for just this acknowledgement.
      if (open.size > 0) scheduled ??= setImmediate(flush);
      else {
        flush();
        wakeEmptied?.();
      }
    },
    requeue: (tag) => {
      // At once: a later command for many may pass over this tag then.
      if (isStopped || !open.delete(tag)) return;
      channel.requeue(tag);
      if (open.size === 0) wakeEmptied?.();
    },
    flush,
    emptied: async () => {
      if (open.size === 0 || isStopped) return;
      await new Promise<void>((resolve) => {
        wakeEmptied = resolve;
      });
    },
    stop: () => {
      isStopped = true;
      clearImmediate(scheduled);
      wakeEmptied?.();
    },
  };
}
