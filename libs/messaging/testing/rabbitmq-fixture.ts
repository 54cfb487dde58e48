import { connect } from 'amqplib';
import { type BusFixture, silentLogger } from '../conformance/bus-fixture.ts';
import { connectRabbitMq } from '../src/rabbitmq/rabbitmq-bus.ts';
import { createVhost, type RabbitMqVhost } from './index.ts';

/** A vhost of its own for each test of the conformance suite. */
export async function createRabbitMqFixture(): Promise<BusFixture & { readonly vhost: RabbitMqVhost }> {
  const vhost = await createVhost();
  const { amqpUrl } = vhost;
  return {
    vhost,
    address: { amqpUrl },
    open: (options) =>
      connectRabbitMq({ logger: silentLogger, amqpUrl, retryDelay: { minMs: 1, maxMs: 5 }, ...options }),
    publishMalformed: async (queue, body) => {
      const stranger = await connect(amqpUrl);
      const channel = await stranger.createConfirmChannel();
      channel.sendToQueue(queue, Buffer.from(body));
      await channel.waitForConfirms();
      await stranger.close();
    },
    remove: vhost.remove,
  };
}
