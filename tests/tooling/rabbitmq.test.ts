import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runTool } from './tool-process.ts';

describe('npm run rabbitmq', () => {
  let folder: string;
  let taken: Server;
  let port: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'parley-rabbitmq-tool-'));
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    port = String(typeof address === 'object' && address !== null ? address.port : 0);
  });
  afterEach(async () => {
    taken.close();
    await rm(folder, { recursive: true });
  });

  const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { code, stdout, stderr } = await runTool(['tools/rabbitmq.mjs', ...args], {
      env: { PATH: process.env.PATH ?? '', DATA_DIR: folder, ...env },
    });
    return { code, stdout, stderr: stderr.trim() };
  };

  it('says what it takes, and starts nothing, when it is asked for help', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('RABBITMQ_PORT');
    expect(stdout).not.toContain('RabbitMQ is running');
  });

  it.each(['RABBITMQ_PORT', 'RABBITMQ_MANAGEMENT_PORT'])(
    'takes no other port than %s asks for',
    async (name) => {
      expect(await run([], { [name]: port })).toMatchObject({ code: 1, stderr: `Port ${port} is taken.` });
      expect(await run([], { [name]: 'amqp' })).toMatchObject({
        code: 1,
        stderr: `${name} is no port: amqp`,
      });
    },
  );

  it('takes no other port where both are to be the same', async () => {
    await new Promise((resolve) => taken.close(resolve));
    expect(await run([], { RABBITMQ_PORT: port, RABBITMQ_MANAGEMENT_PORT: port })).toMatchObject({
      code: 1,
      stderr: `Port ${port} is taken.`,
    });
  });
});
