import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, createClient, createHttpApi } from '@parley/client';
import { eventually } from '@parley/messaging/test-queue';
import { agentQueue, type ChatMessage, newId } from '@parley/shared-models';
import { WebSocket } from 'ws';
import { type OtherServer, type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';

/** A way to whichever server there is: what a load balancer is to a browser. */
function connectThrough(urlOf: () => string): { client: Client; shown: ChatMessage[]; errors: string[] } {
  class Balanced extends WebSocket {
    constructor(_url: string | URL, protocols?: string | string[]) {
      super(urlOf(), protocols);
    }
  }
  const client = createClient({
    url: urlOf(),
    clientName: 'traveller',
    webSocket: Balanced,
    reconnect: { minMs: 20, maxMs: 200 },
  });
  const shown: ChatMessage[] = [];
  const errors: string[] = [];
  client.on('message', (message) => shown.push(message));
  client.on('error', (error) => {
    if (error.origin === 'server') errors.push(`${error.code}: ${error.message}`);
  });
  client.connect();
  return { client, shown, errors };
}

describe('two servers on one RabbitMQ and PostgreSQL', () => {
  let system: ParleySystem;
  let other: OtherServer;
  const opened: (() => unknown)[] = [];

  beforeAll(async () => {
    // Broker and agent are at the first server; the other one is a door for readers.
    system = await startSystem({ driver: 'rabbitmq', hasPostgres: true });
    other = await system.startOtherServer();
  });
  afterEach(async () => {
    for (const close of opened.splice(0)) await close();
  });
  afterAll(() => system?.stop());

  const connect = async (url: string, hello: object = {}): Promise<RawClient> => {
    const client = await connectRaw(url, { hello });
    opened.push(() => client.terminate());
    return client;
  };
  const seqsOf = (client: RawClient): number[] =>
    client.frames.flatMap((frame) => (frame.type === 'message' ? [frame.message.seq] : []));
  const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

  it('answer a reader at the one by an agent at the other, and show each message once at both', async () => {
    const writer = await connect(other.webSocketUrl);
    const conversationId = newId();
    const first = sendText(writer, 'number 0', { conversationId });
    await writer.received('message', ({ message }) => message.inReplyTo === first);
    const follower = await connect(system.webSocketUrl, { resume: { [conversationId]: 0 } });
    await follower.received('message', ({ message }) => message.seq === 2);
    const ids = Array.from({ length: 40 }, (_, number) =>
      sendText(writer, `number ${number + 1}`, { conversationId }),
    );
    for (const client of [writer, follower]) {
      for (const id of ids) await client.received('message', ({ message }) => message.inReplyTo === id);
      expect(seqsOf(client)).toEqual(range(82));
    }
    const answered = await follower.received(
      'message.status',
      ({ messageId, status }) => messageId === ids.at(-1) && status === 'answered',
    );
    expect(answered.routing?.agentId).toBe('echo');
  });

  it('show what is written and typed at the one to who reads at the other, at once', async () => {
    const [here, there] = [await connect(system.webSocketUrl), await connect(other.webSocketUrl)];
    const conversationId = newId();
    const first = sendText(here, 'hello', { conversationId });
    await here.received('message', ({ message }) => message.inReplyTo === first);
    there.send({ type: 'conversation.open', conversationId });
    await there.received('message', ({ message }) => message.seq === 2);
    // It is told to those whose server hears of the conversation by now, and not kept for others.
    await eventually(() => {
      here.send({ type: 'typing', conversationId, isTyping: true });
      expect(there.frames.map(({ type }) => type)).toContain('typing');
    });
    const second = sendText(there, 'and back', { conversationId });
    await here.received('message', ({ message }) => message.id === second);
    await here.received('message', ({ message }) => message.inReplyTo === second);
    expect(seqsOf(here)).toEqual([1, 2, 3, 4]);
  });

  it('tell readers at both of a new title, where they read that', async () => {
    const here = await connect(system.webSocketUrl, { frames: 3 });
    const [there, old] = [
      await connect(other.webSocketUrl, { frames: 3 }),
      await connect(other.webSocketUrl, { frames: 2 }),
    ];
    const conversationId = newId();
    const first = sendText(here, 'hello', { conversationId });
    await here.received('message', ({ message }) => message.inReplyTo === first);
    for (const reader of [there, old]) {
      reader.send({ type: 'conversation.open', conversationId });
      await reader.received('message', ({ message }) => message.seq === 2);
    }
    await createHttpApi({ url: other.url }).renameConversation(conversationId, { title: 'Greetings' });
    for (const client of [here, there])
      expect(await client.received('conversation')).toMatchObject({
        conversation: { id: conversationId, title: 'Greetings', lastSeq: 2 },
      });
    const last = sendText(here, 'and more', { conversationId });
    await old.received('message', ({ message }) => message.id === last);
    expect(old.frames.some(({ type }) => type === 'conversation')).toBe(false);
  });

  it('know the agents and brokers of one another, as they come, and are ready alike', async () => {
    // A server that has just been started has not heard of the broker yet.
    await eventually(async () => {
      const ready = await fetch(`${other.url}/ready`);
      expect(((await ready.json()) as { brokers: number }).brokers).toBe(1);
      expect(ready.status).toBe(200);
    });
    const reader = await connect(system.webSocketUrl);
    const late = await system.startAgent({ use: 'echo', id: 'late', env: other.env });
    await reader.received('agents', ({ agents }) =>
      agents.some(({ agentId, state }) => agentId === 'late' && state === 'online'),
    );
    // The broker is at the first server, and hears of it there: perhaps a moment after this client.
    await eventually(async () => {
      const asked = sendText(reader, 'hello', { conversationId: newId(), target: { agentId: 'late' } });
      const { message } = await reader.received('message', (frame) => frame.message.inReplyTo === asked);
      expect(message).toMatchObject({ kind: 'REPLY' });
    });
    await late.kill();
    await reader.received('agents', ({ agents }) =>
      agents.some(({ agentId, state }) => agentId === 'late' && state === 'offline'),
    );
  });

  it('let an operator at the one pause an agent at the other, and leave its messages where they are', async () => {
    // It would take them 200 ms after it finds the agent gone, and delete the queue half a second later.
    const hasty = await system.startOtherServer({ AGENT_FORGET_MS: '500', AGENT_GRACE_MS: '200' });
    const held = await system.startAgent({ use: 'echo', id: 'held' });
    const client = await connect(hasty.webSocketUrl);
    await client.received('agents', ({ agents }) => agents.some(({ agentId }) => agentId === 'held'));
    client.send({ type: 'agent.control', agentId: 'held', action: 'pause' });
    await held.logged(({ msg, to }) => msg === 'the server changed the state' && to === 'paused');
    const asked = sendText(client, 'patience', { conversationId: newId(), target: { agentId: 'held' } });
    await client.received(
      'message.status',
      ({ messageId, status }) => messageId === asked && status === 'delivered',
    );
    // Two looks of the server at the queues of those that are gone, a second apart.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const { queues } = (await (await fetch(`${hasty.url}/api/queues`)).json()) as {
      queues: { name: string; ready: number }[];
    };
    expect(queues.find(({ name }) => name === agentQueue('held'))?.ready).toBe(1);
    client.send({ type: 'agent.control', agentId: 'held', action: 'resume' });
    const { message } = await client.received('message', (frame) => frame.message.inReplyTo === asked);
    expect(message).toMatchObject({ kind: 'REPLY' });
    await hasty.process.kill();
    await held.kill();
  });

  it('let a client of the one that is killed go on at the other, with nothing lost and nothing twice', async () => {
    let url = other.webSocketUrl;
    const { client, shown, errors } = connectThrough(() => url);
    opened.push(() => client.close());
    const conversationId = newId();
    const answers: Promise<ChatMessage>[] = [];
    const write = (count: number): void => {
      for (let number = 0; number < count; number++)
        answers.push(client.send({ conversationId, text: `number ${answers.length}` }).answered);
    };
    write(1);
    await answers[0];
    // Some are acknowledged, some on their way, some not even sent when it dies.
    write(60);
    url = system.webSocketUrl;
    await other.process.kill();
    write(10);
    const texts = (await Promise.all(answers)).map(({ text }) => text);
    expect(texts).toEqual(answers.map((_, index) => `number ${index}`));
    expect(shown.map(({ seq }) => seq)).toEqual(range(2 * answers.length));
    expect(new Set(shown.map(({ id }) => id)).size).toBe(shown.length);
    expect(errors).toEqual([]);
  });

  it('do not take an agent for lost that is at the other one', async () => {
    const gone = await system.startAgent({ use: 'echo', id: 'gone' });
    await gone.kill();
    // It knows both from the store and hears of neither; one of them it may forget, with its queue.
    const late = await system.startOtherServer({ AGENT_FORGET_MS: '500', AGENT_GRACE_MS: '200' });
    await late.process.logged(({ msg, agentId }) => msg.startsWith('forgot an agent') && agentId === 'gone');
    const client = await connect(late.webSocketUrl);
    const ids = Array.from({ length: 20 }, (_, number) =>
      sendText(client, `number ${number}`, { conversationId: newId(), target: { agentId: 'echo' } }),
    );
    for (const id of ids) {
      const { message } = await client.received('message', (frame) => frame.message.inReplyTo === id);
      expect(message).toMatchObject({ kind: 'REPLY' });
    }
    // Its lease, the time to forget, and two looks of the server at those that are gone.
    await new Promise((resolve) => setTimeout(resolve, 7000));
    expect(
      late.process.log.filter(({ msg, agentId }) => msg.startsWith('forgot') && agentId === 'echo'),
    ).toEqual([]);
  });
});
