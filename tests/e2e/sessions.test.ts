import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChatMessage, type Conversation, newId, type RoutingDecision } from '@parley/shared-models';
import { type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';
import { AUTH_SECRET, signToken } from '../harness/sign-token.ts';

const agentFile = (name: string): string => path.join(import.meta.dirname, 'agents', `${name}-agent.ts`);

describe.each(SYSTEM_KINDS)('sessions over $kind', ({ driver, hasPostgres }) => {
  let system: ParleySystem;
  const clients: RawClient[] = [];

  beforeAll(async () => {
    system = await startSystem({
      driver,
      hasPostgres,
      env: { AUTH_SECRET },
      agents: [
        { file: agentFile('finance-desk') },
        { file: agentFile('finance-desk') },
        { file: agentFile('hr-desk') },
        { use: 'echo' },
      ],
    });
    // Four agents, one process after another.
  }, 180_000);
  afterAll(async () => {
    for (const client of clients) client.terminate();
    await system?.stop();
  });

  async function connect(userId = newId(), options: object = {}): Promise<RawClient> {
    const client = await connectRaw(system.webSocketUrl, {
      hello: { token: await signToken(userId, 'member'), ...options },
    });
    clients.push(client);
    return client;
  }

  async function get<T>(userId: string, url: string): Promise<T> {
    const headers = { authorization: `Bearer ${await signToken(userId, 'member')}` };
    return (await (await fetch(system.url + url, { headers })).json()) as T;
  }

  /** Sends the text and resolves with the answer and with how it was routed. */
  async function ask(
    client: RawClient,
    conversationId: string,
    text: string,
    more: object = {},
  ): Promise<{ answer: ChatMessage; routing: RoutingDecision | undefined }> {
    const id = sendText(client, text, { conversationId, ...more });
    const { message } = await client.received(
      'message',
      ({ message: { inReplyTo, kind } }) => inReplyTo === id && kind !== 'TEXT',
    );
    const { routing } = await client.received(
      'message.status',
      ({ messageId, status }) => messageId === id && (status === 'answered' || status === 'failed'),
    );
    return { answer: message, routing };
  }

  /** The last frame "session" of the conversation; resolves when it says this group, or null. */
  const sessionIs = (client: RawClient, conversationId: string, group: string | null) =>
    client.received(
      'session',
      (frame) => frame.conversationId === conversationId && (frame.session?.group ?? null) === group,
    );

  it('begin with an intent, go on without one, and end with END', async () => {
    const userId = newId();
    const client = await connect(userId);
    const conversationId = newId();

    const first = await ask(client, conversationId, 'What is left of my budget?');
    expect(first.answer.sender.name).toBe('Finance');
    expect(first.routing?.strategy).not.toBe('session');
    await sessionIs(client, conversationId, 'finance');

    // By its words this would be for HR.
    const second = await ask(client, conversationId, 'And the employee beside me?');
    expect(second.answer.sender.id).toBe(first.answer.sender.id);
    expect(second.routing).toMatchObject({ strategy: 'session', agentId: first.answer.sender.id });

    const listed = await get<Conversation>(userId, `/api/conversations/${conversationId}`);
    expect(listed.session).toMatchObject({ agentName: 'Finance', group: 'finance' });

    const end = await ask(client, conversationId, 'END');
    expect(end.answer.text).toBe('Finance says good-bye');
    await sessionIs(client, conversationId, null);
    expect(await get(userId, `/api/conversations/${conversationId}`)).not.toHaveProperty('session');

    const afresh = await ask(client, conversationId, 'I look for an employee');
    expect(afresh.answer.sender.name).toBe('HR');
    expect(afresh.routing?.strategy).not.toBe('session');
  });

  it('hold what is written before the first answer has come', async () => {
    const client = await connect();
    const conversationId = newId();
    const answers = await Promise.all(
      ['What is left of my budget?', 'And the employee?', 'hm', 'END', 'I look for an employee'].map((text) =>
        ask(client, conversationId, text),
      ),
    );
    expect(answers.map(({ answer }) => answer.sender.name)).toEqual([
      'Finance',
      'Finance',
      'Finance',
      'Finance',
      'HR',
    ]);
    expect(answers[3]?.answer.text).toBe('Finance says good-bye');
  });

  it('are told to who opens the conversation, and to all who follow it', async () => {
    const userId = newId();
    const [client, other] = [await connect(userId), await connect(userId)];
    const conversationId = newId();
    await ask(client, conversationId, 'my budget');
    other.send({ type: 'conversation.open', conversationId });
    await sessionIs(other, conversationId, 'finance');
    await ask(client, conversationId, 'END');
    await sessionIs(other, conversationId, null);
    const returning = await connect(userId, { resume: { [conversationId]: 2 } });
    await sessionIs(returning, conversationId, null);
  });

  it('move to the agent that one names, if it holds sessions, and stay otherwise', async () => {
    const client = await connect();
    const conversationId = newId();
    await ask(client, conversationId, 'my budget');
    const aside = await ask(client, conversationId, 'hello', { target: { agentName: 'Echo' } });
    expect(aside.answer.sender.name).toBe('Echo');
    expect((await ask(client, conversationId, 'hm')).answer.sender.name).toBe('Finance');
    expect((await ask(client, conversationId, '@HR hello')).answer.sender.name).toBe('HR');
    expect((await ask(client, conversationId, 'my budget')).answer.sender.name).toBe('HR');
    await sessionIs(client, conversationId, 'hr');
  });

  it('of two people never mix', async () => {
    const people = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const isFinance = index % 2 === 0;
        const client = await connect(`person-${index}-${newId()}`);
        return { client, conversationId: newId(), name: isFinance ? 'Finance' : 'HR' };
      }),
    );
    await Promise.all(
      people.map(({ client, conversationId, name }) =>
        ask(client, conversationId, name === 'Finance' ? 'my budget' : 'an employee'),
      ),
    );
    for (const text of ['hello', 'budget or employee?']) {
      const answers = await Promise.all(
        people.map(({ client, conversationId }) => ask(client, conversationId, text)),
      );
      expect(answers.map(({ answer }) => answer.sender.name)).toEqual(people.map(({ name }) => name));
    }
    const [first, second] = people;
    if (first === undefined || second === undefined) throw new Error('nobody is there');
    // One who leaves leaves alone, and nobody writes into the conversation of another.
    await ask(first.client, first.conversationId, 'END');
    expect((await ask(second.client, second.conversationId, 'budget')).answer.sender.name).toBe('HR');
    const id = sendText(second.client, 'END', { conversationId: first.conversationId });
    const refusal = await second.client.received('error', ({ inReplyTo }) => inReplyTo === id);
    expect(refusal.code).toBe('forbidden');
  });

  it('go on with another instance when the agent is killed in the middle, with what was said', async () => {
    const userId = newId();
    const client = await connect(userId);
    const conversationId = newId();
    await ask(client, conversationId, 'remember the blue folder, please. My budget!');
    const second = await ask(client, conversationId, 'hello');
    const pid = Number(/in (\d+) knows of 1 /.exec(second.answer.text)?.[1]);
    const index = system.agents.findIndex((agent) => agent.pid === pid);
    const id = sendText(client, `never answer in ${pid}`, { conversationId });
    await client.received(
      'message.status',
      ({ messageId, status }) => messageId === id && status === 'delivered',
    );

    await system.agents[index]?.kill();

    const { message } = await client.received(
      'message',
      ({ message: { inReplyTo, kind } }) => inReplyTo === id && kind === 'REPLY',
    );
    expect(message.text).toMatch(
      /^Finance in \d+ knows of 2 and the blue folder, please\. My budget!: never/,
    );
    expect(message.text).not.toContain(`in ${pid} knows`);
    const next = await ask(client, conversationId, 'and now?');
    expect(next.answer.sender.id).toBe(message.sender.id);
    expect(next.routing?.strategy).toBe('session');
    const listed = await get<Conversation>(userId, `/api/conversations/${conversationId}`);
    expect(listed.session).toMatchObject({ agentId: message.sender.id, group: 'finance' });
  });

  it('and what agents remember outlive a restart of every process', async () => {
    const userId = newId();
    const before = await connect(userId);
    const [conversationId, other] = [newId(), newId()];
    await ask(before, conversationId, 'remember the green folder and my budget');
    await ask(before, other, 'an employee');

    for (const process of [...system.agents, system.broker, system.server]) await process.kill();
    await before.closed;
    await system.startServer();
    await system.startBroker();
    await system.startAgent({ file: agentFile('finance-desk') });
    await system.startAgent({ file: agentFile('hr-desk') });

    const client = await connect(userId, { resume: { [conversationId]: 2, [other]: 2 } });
    await sessionIs(client, conversationId, 'finance');
    const next = await ask(client, conversationId, 'employee?');
    expect(next.routing?.strategy).toBe('session');
    expect(next.answer.text).toMatch(
      /^Finance in \d+ knows of 1 and the green folder and my budget: employee\?$/,
    );
    expect((await ask(client, other, 'my budget')).answer.sender.name).toBe('HR');
    const { files } = await get<{ files: { name: string }[] }>(userId, `/user/${userId}/files`);
    expect(files.map(({ name }) => name)).toEqual(['conversations.md', 'finance.json']);
  });
});

describe('a session that nobody writes in', () => {
  it('is over after SESSION_TTL_MS', async () => {
    const system = await startSystem({
      driver: 'embedded',
      env: { SESSION_TTL_MS: '1000' },
      agents: [{ file: agentFile('finance-desk') }, { file: agentFile('hr-desk') }],
    });
    try {
      const client = await connectRaw(system.webSocketUrl);
      const conversationId = newId();
      sendText(client, 'my budget', { conversationId });
      const { session } = await client.received('session');
      // No frame tells of it: what expires is known by its time alone.
      const waitMs = Date.parse(session?.expiresAt ?? '') - Date.now() + 1100;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      const id = sendText(client, 'an employee', { conversationId });
      const { message } = await client.received('message', ({ message: { inReplyTo } }) => inReplyTo === id);
      expect(message.sender.name).toBe('HR');
      client.terminate();
    } finally {
      await system.stop();
    }
  });
});
