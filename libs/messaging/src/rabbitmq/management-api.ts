import { z } from 'zod';

const Queues = z.array(z.object({ name: z.string(), messages_unacknowledged: z.number().default(0) }));

/**
 * Asks RabbitMQ's management API how many messages of each queue are handed out. Its figures are some seconds old.
 * @param managementUrl `http://user:password@host:15672`
 */
export async function fetchUnacknowledged(
  managementUrl: string,
  vhost: string,
): Promise<Map<string, number>> {
  const { href, authorization } = splitCredentials(managementUrl);
  const path = `/api/queues/${encodeURIComponent(vhost)}?columns=name,messages_unacknowledged`;
  const response = await fetch(new URL(path, href), {
    headers: { authorization },
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`RabbitMQ's management API answered ${response.status}`);
  const queues = Queues.parse(await response.json());
  return new Map(queues.map((queue) => [queue.name, queue.messages_unacknowledged]));
}

/** `fetch` refuses URLs with credentials. */
export function splitCredentials(url: string): { href: string; authorization: string } {
  const parsed = new URL(url);
  const credentials = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
  parsed.username = '';
  parsed.password = '';
  return { href: parsed.href, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** The vhost in an AMQP URL; without a path it is `/`. */
export function vhostOf(amqpUrl: string): string {
  const path = new URL(amqpUrl).pathname.slice(1);
  return path === '' ? '/' : decodeURIComponent(path);
}
