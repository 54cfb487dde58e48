import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { manage, rabbitMqFromEnv } from '@parley/messaging/testing';
import { createPostgresSchema } from '@parley/store/testing';
import { freePort } from '../harness/free-port.ts';
import { type ParleyProcess, startProcess } from '../harness/parley-process.ts';
import { type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

const secret = (name: string): string => `${name}-${randomUUID()}`;
const withPassword = (url: string, user: string, password: string): string => {
  const changed = new URL(url);
  changed.username = user;
  changed.password = password;
  return changed.href;
};

/** All that a process has written, on its log and beside it. */
const writtenBy = ({ name, log, output }: ParleyProcess): string =>
  `${name}\n${log.map((line) => JSON.stringify(line)).join('\n')}\n${output}`;
const found = (text: string, secrets: readonly string[]): string[] =>
  secrets.flatMap((each) =>
    text.split('\n').filter((line) => line.includes(each) || line.includes(encodeURIComponent(each))),
  );

describe('secrets', () => {
  const secrets = {
    joinToken: secret('join'),
    wrongToken: secret('wrong-join'),
    apiKey: secret('key'),
    queue: secret('queue'),
    store: secret('store'),
  };
  const all = Object.values(secrets);
  let provider: Server;
  let keysSeen: (string | undefined)[];

  beforeAll(async () => {
    keysSeen = [];
    // Some providers repeat the key in their refusal.
    provider = createServer((request, response) => {
      keysSeen.push(request.headers.authorization);
      request.resume();
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ error: { message: `No such key: ${request.headers.authorization}`, type: 'auth' } }),
      );
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => provider.close(resolve)));

  describe.each(SYSTEM_KINDS)('of a running system, with $kind', ({ driver, hasPostgres }) => {
    let system: ParleySystem;
    let client: RawClient;
    let stranger: ParleyProcess | undefined;
    const removals: (() => Promise<unknown>)[] = [];

    beforeAll(async () => {
      const env: Record<string, string> = {
        LOG_LEVEL: 'trace',
        JOIN_TOKEN: secrets.joinToken,
        MISTRAL_API_KEY: secrets.apiKey,
        LLM_BASE_URL: `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`,
        LLM_MODEL: 'none',
        LLM_API_KEY: secrets.apiKey,
      };
      if (driver === 'rabbitmq') {
        env.AMQP_URL = await withOwnUser();
        env.RABBITMQ_MANAGEMENT_URL = withPassword(
          rabbitMqFromEnv().managementUrl,
          'parley-test',
          secrets.queue,
        );
      }
      if (hasPostgres) env.DATABASE_URL = await withOwnRole();
      system = await startSystem({
        driver: 'embedded',
        env,
        agents: [{ use: 'echo' }, { use: 'assistant', id: 'assistant' }],
      });
      client = await connectRaw(system.webSocketUrl);
      const { GRPC_URL = '' } = system.env;
      stranger = startProcess('agent', { ...system.env, JOIN_TOKEN: secrets.wrongToken, GRPC_URL }, [
        '--use',
        'echo',
        '--name',
        'Stranger',
      ]);
    });
    afterAll(async () => {
      client?.terminate();
      await stranger?.kill();
      await system?.stop();
      for (const remove of removals.reverse()) await remove();
    });

    /** A user of RabbitMQ whose password is one of the secrets, with a vhost of its own. */
    const withOwnUser = async (): Promise<string> => {
      const { amqpUrl, managementUrl } = rabbitMqFromEnv();
      const name = `secrets-${randomUUID()}`;
      await manage(managementUrl, 'PUT', `/api/vhosts/${name}`);
      removals.push(() => manage(managementUrl, 'DELETE', `/api/vhosts/${name}`));
      await manage(managementUrl, 'PUT', `/api/users/${name}`, {
        password: secrets.queue,
        tags: 'management',
      });
      removals.push(() => manage(managementUrl, 'DELETE', `/api/users/${name}`));
      await manage(managementUrl, 'PUT', `/api/permissions/${name}/${name}`, {
        configure: '.*',
        write: '.*',
        read: '.*',
      });
      const url = new URL(withPassword(amqpUrl, name, secrets.queue));
      url.pathname = `/${name}`;
      return url.href;
    };

    /** A role of PostgreSQL whose password is one of the secrets, with a schema of its own. */
    const withOwnRole = async (): Promise<string> => {
      const schema = await createPostgresSchema();
      const role = `${schema.name}_role`;
      await schema.query(`CREATE ROLE ${role} LOGIN PASSWORD '${secrets.store}'`);
      await schema.query(`GRANT ALL ON SCHEMA ${schema.name} TO ${role}`);
      removals.push(async () => {
        await schema.query(`DROP OWNED BY ${role}`);
        await schema.query(`DROP ROLE ${role}`);
        await schema.remove();
      });
      return withPassword(schema.databaseUrl, role, secrets.store);
    };

    it('stand in no line that a process writes, at the most talkative level', async () => {
      const id = sendText(client, 'hello', { target: { agentName: 'Echo' } });
      await client.received('message', ({ message }) => message.inReplyTo === id);
      const refused = sendText(client, 'hello', { target: { agentId: 'assistant' } });
      await client.received(
        'message.status',
        ({ messageId, status }) =>
          messageId === refused && ['answered', 'failed', 'dead_lettered'].includes(status),
      );
      await stranger?.logged((line) => JSON.stringify(line).includes('unauthenticated'));
      const processes = [system.server, system.broker, ...system.agents, ...(stranger ? [stranger] : [])];
      await Promise.all(processes.map((process) => process.terminate()));
      expect(keysSeen).toContain(`Bearer ${secrets.apiKey}`);
      for (const process of processes) {
        expect(process.log.length).toBeGreaterThan(0);
        expect(found(writtenBy(process), all)).toEqual([]);
      }
      // Nor was anybody shown one who reads the conversations.
      expect(found(client.frames.map((frame) => JSON.stringify(frame)).join('\n'), all)).toEqual([]);
      await system.startServer();
    });

    it('are told to nobody over HTTP', async () => {
      const paths = [
        '/',
        '/health',
        '/ready',
        '/metrics',
        '/docs/json',
        '/api/conversations',
        '/api/agents',
        '/api/dead-letters',
        '/external-status',
        '/no-such-page',
        '/api/conversations?limit=none',
      ];
      for (const path of paths) {
        const response = await fetch(`${system.url}${path}`);
        const text = `${JSON.stringify([...response.headers])}\n${await response.text()}`;
        expect(found(text, all)).toEqual([]);
      }
    });
  });

  it('stand in no line about a queue and a store that cannot be reached or refuse them', async () => {
    const { amqpUrl } = rabbitMqFromEnv();
    const away = await freePort();
    const settings: Record<string, string>[] = [
      { AMQP_URL: `amqp://parley:${secrets.queue}@127.0.0.1:${away}` },
      { AMQP_URL: withPassword(amqpUrl, 'nobody', secrets.queue) },
      { DATABASE_URL: `postgresql://parley:${secrets.store}@127.0.0.1:${away}/none` },
      { AMQP_URL: `amqp://parley:${secrets.queue}@not a host` },
      { DATABASE_URL: `postgresql://parley:${secrets.store}@127.0.0.1:${away}/none?options=%zz` },
    ];
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'parley-test-'));
    for (const more of settings) {
      const server = startProcess('server', {
        PORT: '0',
        GRPC_PORT: '0',
        LOG_LEVEL: 'trace',
        JOIN_TOKEN: secrets.joinToken,
        DATA_DIR: dataDir,
        ...more,
      });
      const warned = server.logged(({ level }) => level === 'warn' || level === 'error').catch(() => {});
      await Promise.race([warned, server.exited]);
      await server.kill();
      expect(writtenBy(server).split('\n').length).toBeGreaterThan(2);
      expect(found(writtenBy(server), all)).toEqual([]);
    }
    await rm(dataDir, { recursive: true });
  });
});
