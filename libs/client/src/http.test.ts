import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { createHttpApi, type HttpOptions } from './http.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that gives every request this answer, and a client of it. */
async function startApi(status: number, answer: string | object, options: HttpOptions = {}) {
  const received: Received[] = [];
  const url = await listen(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method, headers } = request;
    received.push({ method, url: request.url, headers, body });
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  return { received, url, api: createHttpApi({ url: `${url}/`, ...options }) };
}

const id = newId();
const at = '2026-01-31T09:30:00.000Z';
const conversation = {
  id,
  ownerId: 'ada',
  title: 'Budget',
  createdAt: at,
  updatedAt: at,
  lastSeq: 1,
  preview: 'What is left?',
};
const message = {
  id,
  conversationId: id,
  seq: 1,
  kind: 'TEXT',
  sender: { kind: 'user', id: 'ada', name: 'Ada' },
  text: 'What is left?',
  createdAt: at,
};
const deadLetter = {
  id,
  messageId: id,
  queue: 'agent_queue_hr',
  reason: 'delivery_limit',
  message: 'handed out too often',
  type: 'chat.message',
  headers: { attempt: 1 },
  body: '{}',
  isBase64: false,
  diedAt: at,
  state: 'dead',
};
const agent = {
  agentId: 'hr',
  agentName: 'HR',
  group: 'hr',
  description: '',
  capabilities: [],
  keywords: [],
  examples: [],
  state: 'online',
  load: 0,
  lastSeen: at,
  incarnation: 1,
  metrics: { handled: 0, failed: 0, meanHandleMs: 0 },
};
const queue = { name: 'broker_input_queue', ready: 0, unacknowledged: 0, consumers: 1 };
const health = {
  status: 'degraded',
  queue: { kind: 'rabbitmq', state: 'down', reason: 'connection refused' },
  store: { kind: 'sqlite', state: 'up' },
  brokers: 0,
  agents: { online: 0, known: 0 },
  uptimeSeconds: 1,
  version: '0.1.0',
};

describe('the HTTP interface', () => {
  it('lists conversations', async () => {
    const { api, received } = await startApi(200, { conversations: [conversation] }, { token: 'secret' });
    expect(await api.conversations({ search: 'a&b', limit: 5 })).toEqual({ conversations: [conversation] });
    expect(received[0]).toMatchObject({
      method: 'GET',
      url: '/api/conversations?search=a%26b&limit=5',
      headers: { authorization: 'Bearer secret' },
    });
  });

  it('reads and renames one conversation', async () => {
    const { api, received } = await startApi(200, conversation);
    expect(await api.conversation(id)).toEqual(conversation);
    expect(await api.renameConversation(id, { title: 'Budget' })).toEqual(conversation);
    expect(received).toEqual([
      expect.objectContaining({ method: 'GET', url: `/api/conversations/${id}` }),
      expect.objectContaining({
        method: 'PATCH',
        url: `/api/conversations/${id}`,
        body: '{"title":"Budget"}',
        headers: expect.objectContaining({ 'content-type': 'application/json' }),
      }),
    ]);
    expect(received[0]?.headers).not.toHaveProperty('authorization');
  });

  it('reads a page of messages', async () => {
    const page = { messages: [message], statuses: [], hasMore: true };
    const { api, received } = await startApi(200, page);
    expect(await api.messages(id, { beforeSeq: 2, limit: 1 })).toEqual(page);
    expect(received[0]?.url).toBe(`/api/conversations/${id}/messages?beforeSeq=2&limit=1`);
  });

  it('lists agents and queues', async () => {
    const { api, received } = await startApi(200, { agents: [agent], queues: [queue] });
    expect(await api.agents()).toEqual({ agents: [agent] });
    expect(await api.queues()).toEqual({ queues: [queue] });
    expect(received.map(({ url }) => url)).toEqual(['/api/agents', '/api/queues']);
  });

  it('lists dead letters', async () => {
    const { api, received } = await startApi(200, { deadLetters: [deadLetter] });
    expect(await api.deadLetters({ state: 'dead' })).toEqual({ deadLetters: [deadLetter] });
    expect(received[0]?.url).toBe('/api/dead-letters?state=dead');
  });

  it('replays and discards a dead letter', async () => {
    const { api, received } = await startApi(200, deadLetter);
    await api.replayDeadLetter(id);
    await api.discardDeadLetter(id);
    expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `POST /api/dead-letters/${id}/replay`,
      `DELETE /api/dead-letters/${id}`,
    ]);
  });

  it('sends the given query, without undefined values', async () => {
    const { api, received } = await startApi(200, { tasks: [] });
    expect(await api.tasks({ all: 'true', limit: 5, before: undefined, conversationId: id })).toEqual({
      tasks: [],
    });
    expect(received[0]?.url).toBe(`/api/tasks?all=true&limit=5&conversationId=${id}`);
  });

  it('sends a body only where the route takes one', async () => {
    const { api, received } = await startApi(200, { removed: 0, failed: 0, queues: [] });
    await api.resetQueues({ confirm: true });
    await expect(api.cancelTask('a/b')).rejects.toMatchObject({ code: 'internal' });
    expect(received.map(({ method, url, body }) => `${method} ${url} ${body}`)).toEqual([
      'POST /api/queues/reset {"confirm":true}',
      'POST /api/tasks/a%2Fb/cancel ',
    ]);
  });

  it('reads the health of a server that is degraded', async () => {
    const { api } = await startApi(503, health);
    expect(await api.health()).toEqual(health);
  });

  it('asks for the token with every request', async () => {
    let token = 'old';
    const { api, received } = await startApi(200, { conversations: [] }, { token: () => token });
    await api.conversations();
    token = 'new';
    await api.conversations();
    expect(received.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
  });
});

describe('failures over HTTP', () => {
  it.each([
    [404, { code: 'not_found', message: 'no such thing', details: { path: 'id' } }, 'not_found'],
    [502, '<html>bad gateway</html>', 'unavailable'],
    [401, '', 'unauthenticated'],
    [418, { error: 'teapot' }, 'internal'],
    [200, { conversations: [{ id: 'no id' }] }, 'internal'],
    [200, 'not JSON', 'internal'],
  ])('rejects the answer %i %j with %s', async (status, answer, code) => {
    const { api } = await startApi(status, answer);
    await expect(api.conversations()).rejects.toMatchObject({ name: 'ParleyError', code });
  });

  it('keeps the message and the details of the server', async () => {
    const { api } = await startApi(404, { code: 'not_found', message: 'no', details: { path: 'id' } });
    await expect(api.conversation(id)).rejects.toMatchObject({ message: 'no', details: { path: 'id' } });
  });

  it('takes a broken report of health for an outage', async () => {
    const { api } = await startApi(503, { status: 'ill' });
    await expect(api.health()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('rejects with unavailable when nobody listens', async () => {
    const { url } = await startApi(200, {});
    for (const cleanup of cleanups.splice(0)) await cleanup();
    await expect(createHttpApi({ url }).health()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('rejects with unavailable when the server takes too long', async () => {
    const url = await listen(() => undefined);
    const api = createHttpApi({ url, timeoutMs: 20 });
    await expect(api.health()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('20 ms'),
    });
  });

  it('rejects with the reason of the caller who aborts', async () => {
    const controller = new AbortController();
    const reason = new Error('not interested');
    const url = await listen(() => controller.abort(reason));
    await expect(createHttpApi({ url }).health({ signal: controller.signal })).rejects.toBe(reason);
  });
});
