import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { manage } from './management-client.ts';

const Named = z.array(z.object({ name: z.string() }));

/** A vhost of its own on a running RabbitMQ: nothing that others do there is seen in it. */
export interface RabbitMqVhost {
  readonly name: string;
  readonly amqpUrl: string;
  readonly managementUrl: string;
  /** Has RabbitMQ close every connection to the vhost. @returns how many there were */
  closeConnections(): Promise<number>;
  /** Removes it with all its queues. */
  remove(): Promise<void>;
}

/** Where RabbitMQ is, with user and password in both addresses. */
export interface RabbitMqAddress {
  readonly amqpUrl: string;
  readonly managementUrl: string;
}

/** The RabbitMQ that the test command provides. @throws when there is no such server, with instructions */
export function rabbitMqFromEnv(env: NodeJS.ProcessEnv = process.env): RabbitMqAddress {
  const { AMQP_URL: amqpUrl, RABBITMQ_MANAGEMENT_URL: managementUrl } = env;
  if (!amqpUrl || !managementUrl) {
    throw new Error('AMQP_URL and RABBITMQ_MANAGEMENT_URL must name a RabbitMQ: `npm test` provides one');
  }
  return { amqpUrl, managementUrl };
}

/** Makes a vhost with a random name. */
export async function createVhost(address: RabbitMqAddress = rabbitMqFromEnv()): Promise<RabbitMqVhost> {
  const { managementUrl } = address;
  const name = `test-${randomUUID()}`;
  const url = new URL(address.amqpUrl);
  url.pathname = `/${name}`;
  const user = encodeURIComponent(decodeURIComponent(url.username) || 'guest');
  await manage(managementUrl, 'PUT', `/api/vhosts/${name}`);
  await manage(managementUrl, 'PUT', `/api/permissions/${name}/${user}`, {
    configure: '.*',
    write: '.*',
    read: '.*',
  });
  return {
    name,
    amqpUrl: url.href,
    managementUrl,
    closeConnections: async () => {
      const connections = Named.parse(await manage(managementUrl, 'GET', `/api/vhosts/${name}/connections`));
      for (const connection of connections) {
        await manage(managementUrl, 'DELETE', `/api/connections/${encodeURIComponent(connection.name)}`);
      }
      return connections.length;
    },
    remove: async () => {
      await manage(managementUrl, 'DELETE', `/api/vhosts/${name}`);
    },
  };
}
