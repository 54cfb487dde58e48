import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectBus } from '@parley/messaging';
import { eventually } from '@parley/messaging/test-queue';
import { createVhost, manage, rabbitMqFromEnv } from '@parley/messaging/testing';
import { createLogger } from '@parley/process-kit';
import { agentQueue, newId } from '@parley/shared-models';
import { connect } from 'amqplib';
import { z } from 'zod';
import { type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

const QueueFacts = z.object({
  name: z.string(),
  type: z.string(),
  durable: z.boolean(),
  message_stats: z.object({ publish: z.number().default(0), ack: z.number().default(0) }).optional(),
});

describe('with RabbitMQ', () => {
  let system: ParleySystem;
  let client: RawClient;
  const queues = async (): Promise<Map<string, z.infer<typeof QueueFacts>>> => {
    const vhost = new URL(system.env.AMQP_URL ?? '').pathname.slice(1);
    const list = z
      .array(QueueFacts)
      .parse(await manage(rabbitMqFromEnv().managementUrl, 'GET', `/api/queues/${vhost}`));
    return new Map(list.map((queue) => [queue.name, queue]));
  };

  beforeAll(async () => {
    system = await startSystem({ driver: 'rabbitmq' });
    client = await connectRaw(system.webSocketUrl);
  });
  afterAll(async () => {
    client?.terminate();
    await system?.stop();
  });

  it('the management API shows the durable quorum queues, and every message counted through each', async () => {
    for (let number = 1; number <= 5; number++) {
      const id = sendText(client, `number ${number}`);
      await client.received('message', ({ message }) => message.inReplyTo === id);
    }
    // The management plugin gathers its figures every few seconds, those of each process at another time.
    const found = await eventually(async () => {
      const now = await queues();
      const counts = Object.fromEntries(
        Array.from(now, ([name, queue]) => [name, queue.message_stats?.ack ?? 0]),
      );
      // Request and reply pass the broker and the server, the agent sees the request.
      expect(counts).toMatchObject({ broker_input_queue: 10, server_input_queue: 10, agent_queue_echo: 5 });
      return now;
    }, 60_000);
    for (const name of [
      'broker_input_queue',
      'server_input_queue',
      'agent_queue_echo',
      'dead_letter_queue',
    ]) {
      expect(found.get(name)).toMatchObject({ type: 'quorum', durable: true });
    }
  });

  it('a malformed queue message becomes a dead letter, and the consumer goes on', async () => {
    const bus = await connectBus({
      amqpUrl: system.env.AMQP_URL,
      dataDir: system.dataDir,
      logger: createLogger('test', 'silent'),
    });
    try {
      const envelope = {
        messageId: newId(),
        type: 'chat.message',
        timestamp: Date.now(),
        headers: {},
        body: Buffer.from('{"oops'),
      };
      await bus.publish('broker_input_queue', envelope);
      await bus.publish('server_input_queue', { ...envelope, messageId: newId() });
      await bus.declareAgentQueue('echo');
      await bus.publish(agentQueue('echo'), { ...envelope, messageId: newId() });
    } finally {
      await bus.close();
    }
    await system.server.logged(
      (line) => line.msg.startsWith('dead letter') && line.queue === 'agent_queue_echo',
    );
    const id = sendText(client, 'still there?');
    const { message } = await client.received('message', (frame) => frame.message.inReplyTo === id);
    expect(message.kind).toBe('REPLY');
    // Each is buried by whoever consumes its queue, the one sooner than the other.
    await eventually(async () => {
      const { deadLetters } = (await (await fetch(`${system.url}/api/dead-letters`)).json()) as {
        deadLetters: { queue: string; reason: string; body: string }[];
      };
      expect(deadLetters.map((letter) => letter.queue).sort()).toEqual([
        'agent_queue_echo',
        'broker_input_queue',
        'server_input_queue',
      ]);
      expect(
        deadLetters.every((letter) => letter.reason === 'malformed_message' && letter.body === '{"oops'),
      ).toBe(true);
    });
  });

  describe('an agent with a user of its own', () => {
    const { managementUrl } = rabbitMqFromEnv();
    const user = `agent-${newId()}`;
    let amqpUrl: string;

    /** The rights that docs/security.md names, for this agent and group. */
    async function documentedRights(id: string, group: string): Promise<Record<string, string>> {
      const text = await readFile(path.join(import.meta.dirname, '../../docs/security.md'), 'utf8');
      const rows = text.matchAll(/^ *\| (configure|write|read) \| `(.+)` \|$/gm);
      return Object.fromEntries(
        Array.from(rows, ([, right = '', pattern = '']) => [
          right,
          pattern.replaceAll('\\|', '|').replaceAll('<id>', id).replaceAll('<group>', group),
        ]),
      );
    }

    beforeAll(async () => {
      const url = new URL(system.env.AMQP_URL ?? '');
      await manage(managementUrl, 'PUT', `/api/users/${user}`, { password: 'pa55word', tags: '' });
      const rights = await documentedRights('guarded', 'listener');
      expect(Object.keys(rights).toSorted()).toEqual(['configure', 'read', 'write']);
      await manage(managementUrl, 'PUT', `/api/permissions${url.pathname}/${user}`, rights);
      [url.username, url.password] = [user, 'pa55word'];
      amqpUrl = url.href;
    });
    afterAll(() => manage(managementUrl, 'DELETE', `/api/users/${user}`));

    it('answers messages and hears events, and may not read what is for others', async () => {
      const file = path.join(import.meta.dirname, 'agents/listener-agent.ts');
      const agent = await system.startAgent({ file, id: 'guarded', env: { AMQP_URL: amqpUrl } });
      const id = sendText(client, 'hello', { target: { agentId: 'guarded' } });
      expect((await client.received('message', ({ message }) => message.inReplyTo === id)).message.kind).toBe(
        'REPLY',
      );

      const heard = client.received('event', ({ event }) => event.type === 'heard');
      client.send({ type: 'channel.open', channel: 'human' });
      client.send({
        type: 'event.publish',
        channel: 'human',
        event: { id: newId(), type: 'note', payload: 'psst' },
      });
      expect((await heard).event).toMatchObject({ payload: { note: 'psst', by: 'guarded' } });

      const connection = await connect(amqpUrl);
      try {
        for (const queue of [agentQueue('echo'), 'server_input_queue', 'dead_letter_queue']) {
          const channel = await connection.createChannel();
          channel.on('error', () => undefined);
          await expect(channel.consume(queue, () => {})).rejects.toMatchObject({ code: 403 });
        }
      } finally {
        await connection.close();
      }
      expect(await agent.terminate()).toBe(0);
    });
  });

  it('a queue that is down at the start is waited for, and said so', async () => {
    const vhost = await createVhost();
    await vhost.remove();
    const waiting = await startSystem({
      driver: 'embedded',
      agents: [],
      hasBroker: false,
      env: { AMQP_URL: vhost.amqpUrl },
    });
    try {
      const health = await fetch(`${waiting.url}/ready`);
      expect(health.status).toBe(503);
      expect(await health.json()).toMatchObject({ queue: { kind: 'rabbitmq', state: 'down' } });
    } finally {
      await waiting.stop();
    }
  });
});
