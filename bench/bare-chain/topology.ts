import amqplib, { type ChannelModel, type ConfirmChannel, type ConsumeMessage } from 'amqplib';

/** The five hops: broker_in → server_in → agent → broker_in → server_in, over three queues. */
export const QUEUES = {
  broker: 'bare_broker_input',
  server: 'bare_server_input',
  agent: 'bare_agent',
} as const;

export const PREFETCH = 256;

export interface BareChannel {
  readonly connection: ChannelModel;
  /** Publishes with confirm; `then` runs when it came. */
  publish(
    queue: string,
    body: Buffer,
    properties: { messageId: string; type: string },
    then: () => void,
  ): void;
  consume(queue: string, onMessage: (message: ConsumeMessage, ack: () => void) => void): Promise<void>;
}

/** One connection, one confirm channel, `noDelay`: what the measured figures in the design are of. */
export async function openBareChannel(amqpUrl: string): Promise<BareChannel> {
  const connection = await amqplib.connect(amqpUrl, { noDelay: true });
  const channel: ConfirmChannel = await connection.createConfirmChannel();
  await channel.prefetch(PREFETCH);
  for (const queue of Object.values(QUEUES)) {
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  }
  return {
    connection,
    publish(queue, body, properties, then) {
      channel.publish(
        '',
        queue,
        body,
        { ...properties, deliveryMode: 2, contentType: 'application/json' },
        (error) => {
          if (error !== null && error !== undefined) throw error as Error;
          then();
        },
      );
    },
    async consume(queue, onMessage) {
      await channel.consume(queue, (message) => {
        if (message !== null) onMessage(message, () => channel.ack(message));
      });
    },
  };
}
