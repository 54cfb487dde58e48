import type { BusOptions } from './bus-options.ts';
import type { MessageBus } from './message-bus.ts';

export interface ConnectBusOptions extends BusOptions {
  /** `amqp://user:password@host:port/vhost`. Without it, the embedded queue in `dataDir` is used. */
  readonly amqpUrl?: string | undefined;
  /** Folder of the embedded queue's file; made if it is not there. */
  readonly dataDir: string;
  /**
   * Base address of RabbitMQ's management API, `http://user:password@host:15672`. Only for `depths()`: AMQP does not
   * tell how many messages are handed out, so without it `unacknowledged` counts what this process has in hand.
   */
  readonly managementUrl?: string | undefined;
}

/**
 * Opens the queues: RabbitMQ when there is an `amqpUrl`, otherwise the embedded queue. A RabbitMQ that is away does
 * not make it fail: the bus starts with health `down` and goes on trying.
 */
export async function connectBus(options: ConnectBusOptions): Promise<MessageBus> {
  const { amqpUrl, managementUrl, dataDir, ...both } = options;
  // Each process loads the one driver that it uses.
  if (amqpUrl === undefined) {
    const { openEmbeddedBus } = await import('./embedded/embedded-bus.ts');
    return openEmbeddedBus({ ...both, dataDir });
  }
  const { connectRabbitMq } = await import('./rabbitmq/rabbitmq-bus.ts');
  return connectRabbitMq({ ...both, amqpUrl, managementUrl });
}
