import type { Channel, ChannelModel, ConsumeMessage, Message } from 'amqplib';
import { type Acknowledger, createAcknowledger } from './acknowledger.ts';

export interface SessionOptions {
  readonly queue: string;
  /** AMQP messages in hand at most. */
  readonly prefetch: number;
  /** See `ConsumerSession`. */
  readonly isCareful: boolean;
  /** Runs on the new channel before it consumes. */
  readonly prepare: (channel: Channel) => Promise<void>;
  readonly onMessage: (message: ConsumeMessage, session: ConsumerSession) => void;
  /** The channel ended, or RabbitMQ took the consumer away, without having been asked to. */
  readonly onLost: (session: ConsumerSession, error: Error) => void;
}

/** A consumer's life on one channel. What was delivered on it can be settled on it only. */
export interface ConsumerSession {
  readonly acknowledger: Acknowledger;
  /** Whether it takes one message at a time, since one of those that it gets may kill its consumer. */
  readonly isCareful: boolean;
  /** Whether what it delivered can still be settled. */
  isAlive(): boolean;
  /** Starts the flow of messages; idempotent. */
  start(): Promise<void>;
  /** Ends the flow; what is in hand can still be settled. Idempotent. */
  stop(): Promise<void>;
  /** Ends the channel, which returns what is in hand to the queue. */
  close(): Promise<void>;
}

export async function openSession(model: ChannelModel, options: SessionOptions): Promise<ConsumerSession> {
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
    if (!isEnding) onLost(session, failure);
  });

  const session: ConsumerSession = {
    acknowledger,
    isCareful,
    isAlive: () => isOpen,
    start: async () => {
      if (consumerTag !== undefined) return;
      ({ consumerTag } = await channel.consume(queue, (message) => {
        if (message !== null) {
          acknowledger.delivered(message.fields.deliveryTag);
          onMessage(message, session);
          return;
        }
        consumerTag = undefined;
        if (!isEnding) onLost(session, new Error(`RabbitMQ cancelled the consumer of ${queue}`));
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
    return session;
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
