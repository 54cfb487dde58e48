import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createVhost, rabbitMqFromEnv } from '@parley/messaging/testing';
import { createPostgresSchema, type PostgresSchema } from '@parley/store/testing';
import { freePort } from '../harness/free-port.ts';
import { type ParleyProcess, startProcess } from '../harness/parley-process.ts';
import { environmentOf, type Service, services } from './compose-file.ts';
import { layOutImage } from './image.ts';

const serviceNamed = (name: string): Service => {
  const service = services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
};

describe('the image', () => {
  let folder: string;
  let app: string;
  let vhost: Awaited<ReturnType<typeof createVhost>>;
  let schema: PostgresSchema;
  /** The container's port or host name, and what stands for it here. */
  let places: readonly (readonly [string, string])[];
  const running = new Map<string, ParleyProcess>();

  const translate = (text: string): string =>
    places.reduce((so, [there, here]) => so.replaceAll(there, here), text);

  const start = (name: string): ParleyProcess => {
    const service = serviceNamed(name);
    const [, file = '', ...args] = service.command;
    const given = Object.entries(environmentOf(service)).map(([key, value]) => [key, translate(value)]);
    const env = { ...Object.fromEntries(given), ...here(), NODE_ENV: 'production' };
    const process = startProcess(name, env, args, path.join(app, file));
    running.set(name, process);
    return process;
  };
  /** What the network of containers would provide. */
  const here = (): Record<string, string> => ({
    HOST: '127.0.0.1',
    PORT: translate('8080'),
    GRPC_PORT: translate('50051'),
    AMQP_URL: vhost.amqpUrl,
    DATABASE_URL: schema.databaseUrl,
    RABBITMQ_MANAGEMENT_URL: rabbitMqFromEnv().managementUrl,
    DATA_DIR: path.join(folder, 'data'),
    LOG_LEVEL: 'debug',
  });

  const healthOf = async (name: string): Promise<{ code: number | null; output: string }> => {
    const [, , ...args] = serviceNamed(name).healthcheck.test;
    const child = spawn(process.execPath, args.map(translate), { cwd: app });
    let output = '';
    child.stderr.on('data', (text: Buffer) => {
      output += text.toString();
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { code, output };
  };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-image-'));
    app = path.join(folder, 'app');
    await mkdir(path.join(folder, 'data'));
    vhost = await createVhost();
    schema = await createPostgresSchema();
    const amqpPort = new URL(vhost.amqpUrl).port || '5672';
    places = [
      ['server:', '127.0.0.1:'],
      // Nobody listens there.
      ['host.docker.internal:9000', '127.0.0.1:9'],
      ['8080', String(await freePort())],
      ['50051', String(await freePort())],
      ['5672', amqpPort],
    ];
    await layOutImage(app);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([...running.values()].map((process) => process.kill()));
    await vhost?.remove();
    await schema?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('is unhealthy before its processes run', async () => {
    expect(await healthOf('server')).toMatchObject({
      code: 1,
      output: expect.stringContaining('ECONNREFUSED'),
    });
    expect(await healthOf('echo')).toMatchObject({
      code: 1,
      output: expect.stringContaining('no connection'),
    });
  });

  it('has all that server, broker, agents and gateway need, and tells that each is healthy', async () => {
    await start('server').logged((line) => line.msg === 'serving');
    await start('broker').logged((line) => line.msg === 'routing');
    expect(await healthOf('server')).toEqual({ code: 0, output: '' });
    expect(await healthOf('broker')).toEqual({ code: 0, output: '' });
    for (const name of ['echo', 'assistant']) {
      await start(name).logged((line) => line.msg === 'registered');
      expect(await healthOf(name)).toEqual({ code: 0, output: '' });
    }
    await start('gateway').logged((line) => line.msg.startsWith('the external server is away'));
    const url = `http://127.0.0.1:${translate('8080')}`;
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    expect(await (await fetch(url, { headers: { accept: 'text/html' } })).text()).toContain('<div id="root"');
  });

  it('ends its processes with success when they are asked to stop', async () => {
    const codes = await Promise.all([...running.values()].map((process) => process.terminate()));
    expect(codes).toEqual([...running.values()].map(() => 0));
  });
});
