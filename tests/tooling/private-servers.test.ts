import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, type Owner, startOwner } from './tool-process.ts';

function listens(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

describe('a private server of the tests', () => {
  let temporary: string;
  let owner: Owner | undefined;

  beforeEach(async () => {
    temporary = await mkdtemp(path.join(os.tmpdir(), 'parley-tooling-'));
    await chmod(temporary, 0o755); // PostgreSQL may run as another user than we.
  });
  afterEach(async () => {
    owner?.child.kill('SIGKILL');
    await owner?.exited;
    await rm(temporary, { recursive: true, force: true });
  });

  it.each([
    { name: 'RabbitMQ', module: 'rabbitmq.mjs', start: 'startRabbitMq', ports: 2 },
    { name: 'PostgreSQL', module: 'postgres.mjs', start: 'startPostgres', ports: 1 },
  ])(
    '$name: listens on the loopback interface, and is gone with all its files when its owner is killed',
    async ({ module, start, ports }) => {
      owner = await startOwner(module, start, { ...process.env, TMPDIR: temporary });
      const urls = Object.values(owner.env);
      expect(urls).toHaveLength(ports);
      for (const url of urls) {
        expect(new URL(url).hostname).toBe('127.0.0.1');
        expect(await listens(url)).toBe(true);
      }
      owner.child.kill('SIGKILL');
      await owner.exited;
      for (const url of urls) await eventually(async () => !(await listens(url)));
      await eventually(async () => (await readdir(temporary)).length === 0);
    },
    120_000,
  );
});
