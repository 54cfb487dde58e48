import { setTimeout as delay } from 'node:timers/promises';
import { manage, rabbitMqFromEnv } from '@parley/messaging/testing';
import { z } from 'zod';

const VhostStatistics = z.object({
  message_stats: z.object({ publish: z.number().default(0) }).default({ publish: 0 }),
});

/**
 * Channels report their counts every 5 s (`collect_statistics_interval`), and the management plugin adds them up as
 * they come.
 */
const COLLECTED_MS = 7000;

/**
 * The AMQP messages that all clients of a virtual host have published so far. RabbitMQ itself counts them: a batch is one
 * message, and so is a signal, whoever published it. The count is exact once nobody has published for 7 s, for which this
 * waits. Within these 7 s the processes of Parley signal to each other as they always do, a few times a second at most, and
 * that is counted too.
 */
export async function amqpMessages(amqpUrl: string): Promise<number> {
  await delay(COLLECTED_MS);
  const { managementUrl } = rabbitMqFromEnv();
  const vhost = new URL(amqpUrl).pathname.slice(1);
  const statistics = await manage(managementUrl, 'GET', `/api/vhosts/${vhost}`);
  return VhostStatistics.parse(statistics).message_stats.publish;
}
