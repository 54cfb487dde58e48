import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createHttpApi } from '@parley/client';
import type { Delivery } from '@parley/messaging';
import { eventually } from '@parley/messaging/test-queue';
import { agentQueue, newId } from '@parley/shared-models';
import { type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { type RawAgent, startRawAgent } from '../harness/raw-agent.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

const TIMEOUT_MS = 1500;
const GRACE_MS = 1500;

describe.each(SYSTEM_KINDS)('a message that nobody is going to answer, with $kind', (kind) => {
  // The server's own queue cannot be emptied behind its back.
  const onRabbitMq: typeof it | undefined = kind.driver === 'rabbitmq' ? it : undefined;
  let system: ParleySystem;
  let client: RawClient;
  const agents: RawAgent[] = [];

  beforeAll(async () => {
    system = await startSystem({
      ...kind,
      agents: [],
      env: { ANSWER_GRACE_MS: String(GRACE_MS), HEARTBEAT_MS: '500', AGENT_GRACE_MS: '60000' },
    });
    client = await connectRaw(system.webSocketUrl);
  });
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.stop()));
  });
  afterAll(async () => {
    client?.terminate();
    await system?.stop();
  });

  const start = async (agentId: string): Promise<RawAgent> => {
    const agent = await startRawAgent(system, agentId, { timeoutMs: TIMEOUT_MS });
    agents.push(agent);
    return agent;
  };
  const ended = (id: string, from = client) =>
    from.received(
      'message.status',
      (frame) => frame.messageId === id && ['answered', 'failed', 'dead_lettered'].includes(frame.status),
    );
  const delivered = (id: string) =>
    client.received('message.status', (frame) => frame.messageId === id && frame.status === 'delivered');
  const textsTo = (id: string): string[] =>
    client.frames.flatMap((frame) =>
      frame.type === 'message' && frame.message.inReplyTo === id ? [frame.message.text] : [],
    );
  /** Fails with the reason, which is a message of the conversation too. */
  const timesOut = async (id: string, agentId: string): Promise<void> => {
    expect(await ended(id)).toMatchObject({ status: 'failed', error: { code: 'agent_timeout' } });
    await client.received('message', ({ message }) => message.inReplyTo === id);
    expect(textsTo(id)).toEqual([expect.stringContaining(`${agentId} did not answer`)]);
  };

  it('fails when its agent acknowledges it without an answer; a later answer is refused', async () => {
    const agent = await start('careless');
    const taken = Promise.withResolvers<Delivery>();
    await agent.consume(async (delivery) => taken.resolve(delivery));
    const id = sendText(client, 'hello', { target: { agentId: 'careless' } });
    await timesOut(id, 'careless');
    await agent.reply(await taken.promise, 'at last');
    await system.server.logged(
      (line) => line.msg === 'a reply was refused' && line.messageId === id && line.reason === 'ended',
    );
    expect(textsTo(id)).toHaveLength(1);
  });

  it('fails when its agent sends heartbeats and takes nothing, all that wait at once', async () => {
    await start('deaf');
    const ids = [1, 2, 3].map((number) => sendText(client, `${number}`, { target: { agentId: 'deaf' } }));
    for (const id of ids) await timesOut(id, 'deaf');
  });

  it('fails after a restart of the server too', async () => {
    const agent = await start('forgetful');
    const taken = Promise.withResolvers<void>();
    await agent.consume(async () => taken.resolve());
    const conversationId = newId();
    const id = sendText(client, 'hello', { conversationId, target: { agentId: 'forgetful' } });
    await taken.promise;
    await delivered(id);
    await system.server.kill();
    await system.startServer();
    client = await connectRaw(system.webSocketUrl);
    client.send({ type: 'conversation.open', conversationId, afterSeq: 0 });
    await timesOut(id, 'forgetful');
  });

  onRabbitMq?.(
    'fails when its queue is emptied behind the back of Parley while its agent is paused',
    async () => {
      const agent = await start('paused');
      const api = createHttpApi({ url: system.url });
      client.send({ type: 'agent.control', agentId: 'paused', action: 'pause' });
      await eventually(async () => {
        const found = (await api.agents()).agents.find(({ agentId }) => agentId === 'paused');
        expect(found?.state).toBe('paused');
      });
      const ids = [1, 2, 3, 4, 5].map((number) =>
        sendText(client, `${number}`, { conversationId: newId(), target: { agentId: 'paused' } }),
      );
      await Promise.all(ids.map(delivered));
      expect(await agent.bus.purge(agentQueue('paused'))).toBe(5);
      await agent.consume(async (delivery) => agent.reply(delivery, 'hello'));
      client.send({ type: 'agent.control', agentId: 'paused', action: 'resume' });
      for (const id of ids) await timesOut(id, 'paused');
      const alive = sendText(client, 'still there?', { target: { agentId: 'paused' } });
      expect(await ended(alive)).toMatchObject({ status: 'answered' });
    },
  );

  onRabbitMq?.('is routed again when it was lost before any agent had it', async () => {
    const agent = await start('late');
    await agent.consume(async (delivery) => agent.reply(delivery, 'hello'));
    await system.broker.terminate();
    const id = sendText(client, 'hello', { target: { agentId: 'late' } });
    await eventually(async () => expect(await agent.bus.purge('broker_input_queue')).toBe(1));
    await system.startBroker();
    expect(await ended(id)).toMatchObject({ status: 'answered' });
  });

  it('goes on while its answer is being written, and behind others of an agent that goes on', async () => {
    const agent = await start('slow');
    const begun = performance.now();
    const untilMs = 2 * (TIMEOUT_MS + GRACE_MS) + 500;
    await agent.consume(async (delivery) => {
      for (let index = 0; performance.now() - begun < untilMs; index++) {
        agent.write(delivery, index);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await agent.reply(delivery, 'hello');
    }, 1);
    const [first, second] = [1, 2].map((number) =>
      sendText(client, `${number}`, { conversationId: newId(), target: { agentId: 'slow' } }),
    );
    expect(await ended(first ?? '')).toMatchObject({ status: 'answered' });
    expect(await ended(second ?? '')).toMatchObject({ status: 'answered' });
  });
});
