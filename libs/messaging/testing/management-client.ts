import { splitCredentials } from '../src/rabbitmq/management-api.ts';

/** One request to RabbitMQ's management API. @throws when it answers with anything but 2xx */
export async function manage(
  managementUrl: string,
  method: 'GET' | 'PUT' | 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<unknown> {
  const { href, authorization } = splitCredentials(managementUrl);
  const response = await fetch(new URL(path, href), {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
