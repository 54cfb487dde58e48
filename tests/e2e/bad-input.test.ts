import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LIMITS, newId } from '@parley/shared-models';
import { freePort } from '../harness/free-port.ts';
import { startProcess } from '../harness/parley-process.ts';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient } from '../harness/raw-client.ts';

describe('bad input', () => {
  let system: ParleySystem;
  /** Connected from the start, so that its time runs out while the others are tested. */
  let silent: RawClient;
  const clients: RawClient[] = [];
  const connect = async (options: Parameters<typeof connectRaw>[1] = {}): Promise<RawClient> => {
    const client = await connectRaw(system.webSocketUrl, options);
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    system = await startSystem({ driver: 'embedded', agents: [] });
    silent = await connect({ hello: false });
  });
  afterAll(async () => {
    for (const client of clients) client.terminate();
    await system?.stop();
  });

  it.each([
    ['no JSON', '{"type":', 'invalid_json', undefined],
    ['no object', '[1]', 'invalid_json', undefined],
    ['no type', '{}', 'invalid_frame', 'type'],
    ['an unknown type', '{"type":"message.shout"}', 'unknown_type', 'type'],
    ['a type that every object has', '{"type":"constructor"}', 'unknown_type', 'type'],
    ['a missing field', `{"type":"message.send","id":"${newId()}"}`, 'invalid_frame', 'text'],
    [
      'a wrong field deep inside',
      `{"type":"message.send","id":"${newId()}","text":"x","target":{"agentId":"A B"}}`,
      'invalid_frame',
      'target.agentId',
    ],
    ['an id that is no UUID', '{"type":"message.send","id":"1","text":"x"}', 'invalid_frame', 'id'],
  ])('answers %s with the code and the path, and goes on', async (_name, frame, code, path) => {
    const client = await connect();
    client.send(frame);
    const error = await client.received('error');
    expect(error.code).toBe(code);
    expect(error.details?.path).toBe(path);
    client.send({ type: 'ping' });
    await client.received('pong');
  });

  it('answers a binary frame with an error and goes on', async () => {
    const client = await connect();
    client.sendBinary(Buffer.from([1, 2, 3]));
    expect((await client.received('error')).code).toBe('invalid_json');
    client.send({ type: 'ping' });
    await client.received('pong');
  });

  it('wants hello first', async () => {
    const client = await connect({ hello: false });
    client.send({ type: 'ping' });
    expect((await client.received('error')).code).toBe('hello_required');
    client.send({ type: 'hello', clientName: 'late' });
    await client.received('welcome');
    client.send({ type: 'hello', clientName: 'again' });
    await client.received('error', (error) => error.code === 'already_welcomed');
  });

  it('closes with 1009 on a frame over the limit', async () => {
    const client = await connect();
    client.send({ type: 'message.send', id: newId(), text: 'x'.repeat(LIMITS.frameBytes) });
    expect(await client.closed).toBe(1009);
  });

  it('closes with 1009 also while much more is on its way', async () => {
    const client = await connect();
    client.sendBinary(Buffer.alloc(16 * 1024 * 1024));
    expect(await client.closed).toBe(1009);
  });

  it('names the frame that an error answers', async () => {
    const client = await connect();
    const id = newId();
    client.send({ type: 'command.run', id, agentId: 'echo', command: 'ls' });
    expect(await client.received('error')).toMatchObject({ code: 'unknown_agent', inReplyTo: id });
  });

  it('does not open the conversation of nobody', async () => {
    const client = await connect();
    client.send({ type: 'conversation.open', conversationId: newId() });
    expect((await client.received('error')).code).toBe('not_found');
  });

  it('limits the frames of one connection and says when to go on', async () => {
    const client = await connect();
    // Far more than one connection's share: a server that is held up in between has a whole share more to give.
    for (let count = 0; count < 1000; count++) client.send({ type: 'ping' });
    const error = await client.received('error', ({ code }) => code === 'rate_limited');
    expect(error.details?.retryAfterMs).toBeGreaterThan(0);
  });

  it.each([
    ['a foreign origin', { origin: 'https://evil.example' }],
    ['a foreign name for this machine', { headers: { host: 'evil.example:8080' } }],
  ])('refuses a WebSocket from %s', async (_name, options) => {
    await expect(connect({ hello: false, ...options })).rejects.toThrow('403');
  });

  it('refuses a write over HTTP from a foreign origin, and allows its own', async () => {
    const url = `${system.url}/api/dead-letters/${newId()}/replay`;
    const foreign = await fetch(url, { method: 'POST', headers: { origin: 'https://evil.example' } });
    expect(foreign.status).toBe(403);
    const own = await fetch(url, { method: 'POST', headers: { origin: system.url } });
    expect(own.status).toBe(404);
  });

  it('answers a bad HTTP parameter with the code and the path', async () => {
    const response = await fetch(`${system.url}/api/conversations?limit=0`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 'invalid_request',
      details: { path: expect.stringContaining('limit') },
    });
  });

  it('does not start with bad settings and lists every one of them', async () => {
    const server = startProcess('server', {
      PORT: 'eighty',
      AMQP_URL: 'http://user:hidden@x',
      RATE_LIMIT: '-1',
      HOST: '0.0.0.0',
    });
    expect(await server.exited).toBe(1);
    expect(server.output).toMatch(/PORT/);
    expect(server.output).toMatch(/AMQP_URL/);
    expect(server.output).toMatch(/RATE_LIMIT/);
    expect(server.output).not.toContain('hidden');
  });

  it('waits for a store that is away at the start, and says so', async () => {
    const server = startProcess('server', {
      DATABASE_URL: `postgresql://nobody@127.0.0.1:${await freePort()}/none`,
      PORT: '0',
      GRPC_PORT: '0',
      DATA_DIR: path.join(system.dataDir, 'another'),
    });
    const line = await server.logged(({ msg }) => msg.includes('the queue or the store is away'));
    expect(line.level).toBe('warn');
    await server.kill();
  });

  it('refuses to listen to other machines while nobody has to sign in', async () => {
    const server = startProcess('server', {
      HOST: '0.0.0.0',
      PORT: '0',
      GRPC_PORT: '0',
      DATA_DIR: system.dataDir,
    });
    expect(await server.exited).toBe(1);
    expect(server.output).toContain('ALLOW_ANONYMOUS');
  });

  it.each(['PORT', 'GRPC_PORT'])('says in one line that %s is taken', async (name) => {
    const holder = createServer();
    const taken = await freePort();
    await new Promise<void>((resolve) => holder.listen(taken, '127.0.0.1', resolve));
    try {
      const server = startProcess('server', {
        PORT: '0',
        GRPC_PORT: '0',
        DATA_DIR: `${system.dataDir}/${name}`,
        [name]: String(taken),
        LOG_LEVEL: 'silent',
      });
      expect(await server.exited).toBe(1);
      expect(server.output.trim().split('\n')).toHaveLength(1);
      expect(server.output).toContain(`${taken}`);
    } finally {
      await new Promise((resolve) => holder.close(resolve));
    }
  });

  it('closes a connection that says no hello with 4000', async () => {
    expect(await silent.closed).toBe(4000);
  });
});
