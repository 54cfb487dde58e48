import type { BusOptions } from './bus-options.ts';
import type { MessageBus } from './message-bus.ts';

export interface ConnectBusOptions extends BusOptions {
  /** `amqp://user:password@host:port/vhost`. Without it, the queue is the server's own. */
  readonly amqpUrl?: string | undefined;
  /** Of the server: folder of its own queue; made if it is not there. @default the queue is reached through the server */
  readonly dataDir?: string | undefined;
  /**
   * Base address of RabbitMQ's management API, `http://user:password@host:15672`. Only for `depths()`: AMQP does not tell
   * how many messages are handed out, so without it `unacknowledged` counts the messages that this process has in hand.
   */
  readonly managementUrl?: string | undefined;
  /**
   * Over how many AMQP connections RabbitMQ is reached. While its memory or disk runs out, RabbitMQ reads nothing from a
   * connection that publishes: with 2, one publishes and the other consumes and acknowledges, so that acknowledgements
   * get through. 1 is enough for a process that acknowledges only after the confirm of its publishes: there is nothing to
   * acknowledge while publishing waits, and each turn's acknowledgements and publishes go out together.
   * @default 2
   */
  readonly amqpConnections?: 1 | 2;
}

/**
 * Opens the queues: RabbitMQ when there is an `amqpUrl`, otherwise the server's own, in `dataDir` or, without that,
 * through the server. It does not fail when RabbitMQ or the server is away: the bus starts with health `down` and goes on
 * trying.
 * @throws ParleyError `bus_unavailable` where the file in `dataDir` cannot be opened
 */
export async function connectBus(options: ConnectBusOptions): Promise<MessageBus> {
  const { amqpUrl, managementUrl, amqpConnections, dataDir, ...both } = options;
  // Each process loads the one driver that it uses.
  if (amqpUrl !== undefined) {
    const { connectRabbitMq } = await import('./rabbitmq/rabbitmq-bus.ts');
    return connectRabbitMq({ ...both, amqpUrl, managementUrl, amqpConnections });
  }
  if (dataDir !== undefined) {
    const { openEmbeddedBus } = await import('./embedded/embedded-bus.ts');
    return openEmbeddedBus({ ...both, dataDir });
  }
  const { createRemoteBus } = await import('./remote/remote-bus.ts');
  return createRemoteBus(both);
}
