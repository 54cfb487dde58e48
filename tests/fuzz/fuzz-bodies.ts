import { newId } from '@parley/shared-models';
import { z } from 'zod';
import type { SeededRandom } from '../faults/seeded-random.ts';
import type { FuzzTarget } from './fuzz.ts';
import { createMutator } from './mutate.ts';

const Paths = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });
const BODIES: readonly unknown[] = [
  { title: 'New' },
  { confirm: true },
  { message: 'Hello', userId: '7', gatewayId: newId() },
  { agentId: 'echo', command: 'ls', cwd: '/tmp', timeoutMs: 1000 },
  { agentIds: ['echo', 'shell'], command: 'ls' },
  { reason: 'no' },
];
const QUERIES = ['limit', 'before', 'afterSeq', 'beforeSeq', 'state', 'types', 'channel', 'all', 'search'];
const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'multipart/form-data',
  '',
];
const AT_ONCE = 4;

/** Sends mutated requests to every route that the server documents, as a member and as nobody. */
export async function fuzzBodies(count: number, random: SeededRandom, target: FuzzTarget): Promise<void> {
  const mutate = createMutator(random);
  const { paths } = Paths.parse(await (await fetch(`${target.url}/docs/json`)).json());
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
  );

  const request = async (): Promise<void> => {
    const { path, method } = random.pick(routes);
    const filled = path.replace(/\{\w+\}/g, () =>
      encodeURIComponent(
        random.pick([...target.foreignIds, newId(), String(mutate.value('x')).toWellFormed()]),
      ),
    );
    const url = new URL(filled, target.url);
    for (let queries = random.integer(0, 2); queries > 0; queries--)
      url.searchParams.set(random.pick(QUERIES), String(mutate.value(random.pick(['1', '100', 'x']))));
    const body = method === 'GET' || method === 'HEAD' ? undefined : mutate.text(random.pick(BODIES));
    const headers: Record<string, string> = { 'content-type': random.pick(TYPES) };
    if (random.integer(0, 9) > 0) headers.authorization = `Bearer ${target.token}`;
    const input = `${method} ${url.pathname}${url.search} ${body ?? ''}`;
    const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
    target.findings.look(await response.text(), input);
    if (response.status >= 500 && response.status !== 503)
      target.findings.add(`STATUS ${response.status} after ${input.slice(0, 500)}`);
  };

  for (let sent = 0; sent < count; sent += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - sent) }, request));
}
