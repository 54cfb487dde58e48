import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Conversation } from '@parley/shared-models';
import { CLIENT_QUEUE_DRIVERS, type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { connectRaw } from '../harness/raw-client.ts';
import { AUTH_SECRET } from '../harness/sign-token.ts';
import { connectUser, type UserSocket } from '../harness/user-socket.ts';

describe.each(CLIENT_QUEUE_DRIVERS)('the socket of a user over the %s queue', (driver) => {
  let system: ParleySystem;
  const sockets: UserSocket[] = [];

  beforeAll(async () => {
    system = await startSystem({ driver, env: { RATE_LIMIT: '50' } });
  });
  afterAll(async () => {
    for (const socket of sockets) socket.terminate();
    await system?.stop();
  });

  async function connect(userId: string, headers: Record<string, string> = {}): Promise<UserSocket> {
    const socket = await connectUser(system.webSocketUrl, userId, headers);
    sockets.push(socket);
    return socket;
  }
  const say = (socket: UserSocket, text: string): void =>
    socket.send({ type: 'message', message: text, timestamp: new Date().toISOString() });
  const answer = (socket: UserSocket, text: string) =>
    socket.received(({ type, message }) => type === 'message' && message?.includes(text) === true);

  it('takes a message, shows that somebody writes, and gives the answer with the name of the agent', async () => {
    const socket = await connect('ada');
    say(socket, 'I want to work out');
    expect(await answer(socket, 'I want to work out')).toEqual({
      type: 'message',
      message: expect.any(String),
      agent: 'Echo',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect(socket.frames.map(({ type, is_typing: isTyping }) => [type, isTyping])).toEqual([
      ['typing', true],
      ['typing', false],
      ['message', undefined],
    ]);
  });

  it('takes a plain text as well, and keeps the order of many', async () => {
    const socket = await connect('grace');
    const texts = Array.from({ length: 30 }, (_, index) => `number ${index}.`);
    for (const text of texts) socket.send(text);
    await Promise.all(texts.map((text) => answer(socket, text)));
    const answers = socket.frames.flatMap(({ type, message }) => (type === 'message' ? [message] : []));
    expect(answers.map((text) => /number \d+\./.exec(text ?? '')?.[0])).toEqual(texts);
  });

  it('shows nobody what another user writes, and all sockets of one user the same', async () => {
    const [first, second, other] = [await connect('one'), await connect('one'), await connect('two')];
    say(second, 'from the second');
    say(other, 'from another');
    say(first, 'from the first');
    for (const socket of [first, second]) {
      await answer(socket, 'from the first');
      await answer(socket, 'from the second');
    }
    await answer(other, 'from another');
    expect(JSON.stringify(first.frames)).not.toContain('from another');
    expect(JSON.stringify(other.frames)).not.toContain('from the');
  });

  it('goes on in the same conversation, which stands in the files of the user', async () => {
    const before = await connect('mary');
    say(before, 'the first time');
    await answer(before, 'the first time');
    before.terminate();
    await before.closed;
    const after = await connect('mary');
    say(after, 'the second time');
    await answer(after, 'the second time');
    expect(JSON.stringify(after.frames)).not.toContain('the first time');
    const file = await fetch(`${system.url}/user/mary/files/conversations.md`);
    const text = await file.text();
    expect(text.match(/^## /gm)).toHaveLength(1);
    expect(text).toMatch(/> the first time\n[\s\S]*> the second time\n/);
  });

  it('gives no rights beyond those of a member, and not the conversations of others', async () => {
    const socket = await connect('mallory');
    say(socket, 'hello');
    await answer(socket, 'hello');
    const { conversations } = (await (await fetch(`${system.url}/api/conversations`)).json()) as {
      conversations: Conversation[];
    };
    expect(conversations.filter(({ ownerId }) => ownerId === 'mallory')).toEqual([]);
  });

  it.each([
    ['a frame of another type', '{"type":"agent.control","agentId":"*","action":"pause"}', 'invalid_frame'],
    ['broken JSON', '{"type":', 'invalid_json'],
    ['binary data', Buffer.from('{"type":"message","message":"x"}'), 'invalid_json'],
    ['too long a text', JSON.stringify({ type: 'message', message: 'x'.repeat(60_001) }), 'invalid_frame'],
  ])('says what is wrong with %s, and stays', async (_, frame, code) => {
    const socket = await connect(`wrong-${code}`);
    socket.send(frame);
    expect(await socket.received(({ type }) => type === 'error')).toEqual({
      type: 'error',
      code,
      message: expect.any(String),
      timestamp: expect.any(String),
    });
    say(socket, 'still there');
    await answer(socket, 'still there');
  });

  it('is closed by a frame that is too large', async () => {
    const socket = await connect('large');
    socket.send('x'.repeat(256 * 1024 + 1));
    expect(await socket.closed).toBe(1009);
  });

  it('holds back a flood, and goes on with others meanwhile', async () => {
    const [flooder, other] = [await connect('flooder'), await connect('other')];
    for (let index = 0; index < 200; index++) flooder.send({ type: 'message', message: `flood ${index}` });
    say(other, 'in between');
    expect(await flooder.received(({ type }) => type === 'error')).toMatchObject({ code: 'rate_limited' });
    await answer(other, 'in between');
  });

  it.each([
    ['another site', 'ada', { origin: 'https://evil.example' }, 403],
    ['a name that points here', 'ada', { host: 'evil.example' }, 403],
    ['the name of an agent', 'agent:echo', {}, 400],
    ['a name of blanks', ' ', {}, 400],
    ['too long a name', 'x'.repeat(129), {}, 400],
  ])('is refused to %s', async (_, userId, headers, status) => {
    await expect(connect(userId, headers)).rejects.toThrow(`Unexpected server response: ${status}`);
  });

  it('is no way around the other endpoint, which goes on as it was', async () => {
    const client = await connectRaw(system.webSocketUrl);
    expect((await client.received('welcome')).user.id).toBe('local');
    client.terminate();
  });
});

describe('the socket of a user where people sign in', () => {
  it('is refused', async () => {
    const system = await startSystem({ driver: 'embedded', agents: [], env: { AUTH_SECRET } });
    try {
      await expect(connectUser(system.webSocketUrl, 'ada')).rejects.toThrow('403');
    } finally {
      await system.stop();
    }
  });
});
