import type { HttpApi } from '@parley/client';
import { redactUrls } from '@parley/process-kit';
import amqp from 'amqplib';
import { type Finding, messageOf } from './check.ts';

const TIMEOUT_MS = 5000;

/** Whether this machine reaches RabbitMQ; without AMQP_URL, how the server's queue is. */
export async function checkRabbitMq(amqpUrl: string | undefined, api: HttpApi): Promise<Finding> {
  const name = 'Queue';
  if (amqpUrl === undefined || amqpUrl === '') return checkServersQueue(name, api);
  try {
    const connection = await amqp.connect(amqpUrl, { timeout: TIMEOUT_MS });
    await connection.close();
    return { name, isOk: true, found: `RabbitMQ at ${redactUrls(amqpUrl)} lets us in` };
  } catch (error) {
    return {
      name,
      isOk: false,
      found: `RabbitMQ at ${redactUrls(amqpUrl)}: ${redactUrls(messageOf(error))}`,
      advice: 'Start one with "npm run rabbitmq", or mend AMQP_URL.',
    };
  }
}

async function checkServersQueue(name: string, api: HttpApi): Promise<Finding> {
  try {
    const { queue } = await api.health();
    return {
      name,
      isOk: queue.state === 'up' && queue.kind === 'embedded',
      found: `${queue.kind}, ${queue.state}`,
      advice:
        queue.kind === 'rabbitmq'
          ? 'The server uses RabbitMQ: set AMQP_URL here too, or what you start here uses another queue.'
          : (queue.reason ?? 'See the log of the server.'),
    };
  } catch (error) {
    return { name, isOk: false, found: messageOf(error), advice: 'First the server has to be there.' };
  }
}
