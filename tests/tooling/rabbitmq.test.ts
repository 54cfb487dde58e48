import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { runTool } from './tool-process.ts';

describe('npm run rabbitmq', () => {
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runTool(['tools/rabbitmq.mjs', ...args], { env: { PATH: process.env.PATH ?? '', ...env } });

  it('says what it takes, and starts nothing, when it is asked for help', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('RABBITMQ_PORT');
    expect(stdout).not.toContain('RabbitMQ is running');
  });

  it('takes no other port than the one that is asked for', async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => {
        const address = taken.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    try {
      const { code, stderr } = await run([], { RABBITMQ_PORT: String(port) });
      expect([code, stderr.trim()]).toEqual([1, `Port ${port} is taken (RABBITMQ_PORT).`]);
    } finally {
      taken.close();
    }
    const { code, stderr } = await run([], { RABBITMQ_MANAGEMENT_PORT: 'amqp' });
    expect([code, stderr.trim()]).toEqual([1, 'RABBITMQ_MANAGEMENT_PORT is no port: amqp']);
  });
});
