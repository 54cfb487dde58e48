import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { startProcess } from '../harness/parley-process.ts';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

describe('a server with a queue of its own, and processes that reach it through the server', () => {
  let system: ParleySystem;
  let client: RawClient;
  let elsewhere: string;

  beforeAll(async () => {
    elsewhere = await mkdtemp(path.join(tmpdir(), 'parley-elsewhere-'));
    system = await startSystem({ driver: 'embedded', agents: [{ use: 'echo' }] });
    client = await connectRaw(system.webSocketUrl);
  });
  afterAll(async () => {
    client?.terminate();
    await system?.stop();
    await rm(elsewhere, { recursive: true });
  });

  const answered = async (text: string, agentId: string): Promise<void> => {
    const id = sendText(client, text, { conversationId: newId(), target: { agentId } });
    await client.received('message', ({ message }) => message.inReplyTo === id && message.kind === 'REPLY');
  };

  it('answer with an agent that has another DATA_DIR', async () => {
    await system.startAgent({ use: 'echo', id: 'far', env: { DATA_DIR: elsewhere } });
    await answered('hello', 'far');
  });

  it('refuse an agent that is on a RabbitMQ, which says what to set', async () => {
    const agent = startProcess('agent', { ...system.env, AMQP_URL: 'amqp://127.0.0.1:1' }, [
      '--use',
      'echo',
      '--id',
      'lost',
    ]);
    try {
      const { message } = await agent.logged((line) => /has a queue of its own/.test(JSON.stringify(line)));
      expect(JSON.stringify(message ?? agent.log)).toMatch(/without AMQP_URL/);
    } finally {
      await agent.kill();
    }
  });

  it('go on while one of them stands still', async () => {
    await system.startAgent({ use: 'echo', id: 'frozen' });
    await answered('hello', 'frozen');
    const frozen = system.agents.at(-1);
    frozen?.signal('SIGSTOP');
    sendText(client, 'for the one that stands still', {
      conversationId: newId(),
      target: { agentId: 'frozen' },
    });
    for (let number = 0; number < 20; number++) await answered(`message ${number}`, 'echo');
    frozen?.signal('SIGCONT');
    await answered('awake again', 'frozen');
  });

  it('refuse a second server on the same folder, which says why', async () => {
    const other = startProcess('server', { ...system.env, PORT: '0', GRPC_PORT: '0' });
    try {
      const line = await other.logged(({ msg }) => msg.includes('another process has this file'));
      expect(line).toMatchObject({ level: 'warn', msg: expect.stringContaining('set AMQP_URL') });
    } finally {
      await other.kill();
    }
    await answered('still there?', 'echo');
  });
});
