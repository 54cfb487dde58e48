import { chmod, copyFile, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, type Owner, startOwner } from './tool-process.ts';

describe('where the tests get their servers from', () => {
  let bin: string;
  const owners: Owner[] = [];
  const own = async (module: string, name: string, env: Record<string, string>): Promise<Owner> => {
    const owner = await startOwner(module, name, { PATH: bin, ...env });
    owners.push(owner);
    return owner;
  };

  beforeEach(async () => {
    bin = await mkdtemp(path.join(os.tmpdir(), 'parley-tooling-'));
    await symlink('/bin/sh', path.join(bin, 'sh'));
    await symlink('/bin/cat', path.join(bin, 'cat'));
    await symlink('/usr/bin/env', path.join(bin, 'env'));
    await symlink(process.execPath, path.join(bin, 'node'));
  });
  afterEach(async () => {
    for (const { child, exited } of owners.splice(0)) {
      child.kill('SIGKILL');
      await exited;
    }
    await rm(bin, { recursive: true, force: true });
  });

  it('takes what the environment names', async () => {
    const AMQP_URL = 'amqp://me:secret@queue.example:1234/vhost';
    const RABBITMQ_MANAGEMENT_URL = 'http://me:secret@queue.example:5678';
    expect(
      (await own('rabbitmq.mjs', 'provisionRabbitMq', { AMQP_URL, RABBITMQ_MANAGEMENT_URL })).env,
    ).toEqual({
      AMQP_URL,
      RABBITMQ_MANAGEMENT_URL,
    });
    const DATABASE_URL = 'postgresql://me@database.example/parley';
    expect((await own('postgres.mjs', 'provisionPostgres', { DATABASE_URL })).env).toEqual({ DATABASE_URL });
    const CHROMIUM_PATH = '/opt/browser';
    expect((await own('chromium.mjs', 'provisionChromium', { CHROMIUM_PATH })).env).toEqual({
      CHROMIUM_PATH,
    });
  });

  it('guesses the usual management API of a given RabbitMQ', async () => {
    const AMQP_URL = 'amqps://me:secret@queue.example';
    expect((await own('rabbitmq.mjs', 'provisionRabbitMq', { AMQP_URL })).env).toMatchObject({
      RABBITMQ_MANAGEMENT_URL: 'https://me:secret@queue.example:15671',
    });
  });

  it('prefers a running docker engine, in a project of its own that goes with its owner', async () => {
    await copyFile(path.join(import.meta.dirname, 'fake-docker.mjs'), path.join(bin, 'docker'));
    await chmod(path.join(bin, 'docker'), 0o755);
    const calls = async (): Promise<string[]> =>
      (await readFile(path.join(bin, 'calls.log'), 'utf8')).trim().split('\n');
    const { env, child, exited } = await own('rabbitmq.mjs', 'provisionRabbitMq', {});
    expect(env.AMQP_URL).toMatch(/^amqp:\/\/parley:[0-9a-f]{48}@127\.0\.0\.1:\d+$/);
    expect(env.AMQP_URL).not.toMatch(/:5672$/);
    const [, , up = ''] = await calls();
    expect(up).toMatch(
      /^compose --file docker-compose.yml --file docker-compose.ports.yml --project-name parley-test-\w+ up --detach --wait rabbitmq$/,
    );
    child.kill('SIGKILL');
    await exited;
    await eventually(async () => (await calls()).length === 4);
    const down = up.replace(/up .*/, 'down --volumes --timeout 5');
    expect((await calls()).at(-1)).toBe(down);
  });

  it('says in one line how to get what is neither given, nor installed, nor to be installed here', async () => {
    await expect(own('chromium.mjs', 'provisionChromium', {})).rejects.toThrow(
      /ProvisionError: Chromium is needed .* set CHROMIUM_PATH .* apt-get install chromium/,
    );
  });
});
