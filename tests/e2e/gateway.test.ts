import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHttpApi } from '@parley/client';
import { eventually } from '@parley/messaging/test-queue';
import { type ExternalStatusReport, newId } from '@parley/shared-models';
import {
  type ExternalServer,
  startExternalServer,
} from '../harness/external-server/start-external-server.ts';
import { type ParleyProcess, startProcess } from '../harness/parley-process.ts';
import { CLIENT_QUEUE_DRIVERS, type ParleySystem, startSystem } from '../harness/parley-system.ts';
import { connectRaw } from '../harness/raw-client.ts';
import { AUTH_SECRET, signToken } from '../harness/sign-token.ts';

type Status = ExternalStatusReport['gateways'][number];

describe.each(CLIENT_QUEUE_DRIVERS)('the gateway, over the %s queue', (driver) => {
  let system: ParleySystem;
  let external: ExternalServer;
  let gateway: ParleyProcess;
  const processes: { kill(): Promise<void> }[] = [];

  beforeAll(async () => {
    // The agent is expected back for as long as a busy machine may take when the server was away.
    system = await startSystem({ driver, env: { AGENT_GRACE_MS: '60000' } });
  });
  afterAll(() => system?.stop());

  const startGateway = (env: Record<string, string> = {}): ParleyProcess => {
    const process = startProcess('gateway', {
      PARLEY_URL: system.url,
      EXTERNAL_WS_URL: `ws://127.0.0.1:${external.port}/ws/{user_id}?token=hidden-one`,
      EXTERNAL_WS_USER_ID: 'our gateway/1',
      EXTERNAL_RECONNECT_MAX_MS: '200',
      LOG_LEVEL: 'debug',
      ...env,
    });
    processes.push(process);
    return process;
  };
  const startExternal = async (port = 0): Promise<ExternalServer> => {
    const server = await startExternalServer(port);
    processes.push(server);
    return server;
  };
  const api = () => createHttpApi({ url: system.url });
  const status = async (fits: (status: Status) => boolean = () => true): Promise<Status> => {
    let found: Status | undefined;
    await eventually(async () => {
      const { gateways: all } = await api().externalStatus();
      found = all.find((one) => one.url.includes(`:${external.port}/`));
      if (found === undefined || !fits(found)) throw new Error(`not yet: ${JSON.stringify(all)}`);
    });
    return found as Status;
  };
  const say = (frame: object): Promise<void> => external.tell({ do: 'text', data: JSON.stringify(frame) });

  beforeEach(async () => {
    external = await startExternal();
    gateway = startGateway();
    await external.take('connected');
    await gateway.logged(({ msg }) => msg === 'joined to Parley');
  });
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((process) => process.kill()));
  });

  it('puts its user id into the address and shows the address without secrets', async () => {
    expect(external.happenings).toContainEqual({
      event: 'connected',
      path: '/ws/our%20gateway%2F1?token=hidden-one',
    });
    const { url, state, isHere, reconnects } = await status(({ state }) => state === 'connected');
    expect({ url, state, isHere, reconnects }).toEqual({
      url: `ws://127.0.0.1:${external.port}/ws/our%20gateway%2F1?token=***`,
      state: 'connected',
      isHere: true,
      reconnects: 0,
    });
    expect(JSON.stringify(gateway.log)).not.toContain('hidden-one');
  });

  it('answers JSON with JSON, in a conversation of its own for each person', async () => {
    await say({ user_id: 4711, user_name: 'Grace', message: 'echo hello', id: 'm-1' });
    await say({ userId: 'ada', text: 'echo good day' });
    const grace = await external.takeJson(({ user_id }) => user_id === '4711');
    const ada = await external.takeJson(({ user_id }) => user_id === 'ada');
    expect(grace).toMatchObject({
      type: 'message',
      message: 'echo hello',
      agent: 'Echo',
      in_reply_to: 'm-1',
      source: 'parley',
      id: expect.any(String),
    });
    expect(ada).toMatchObject({ message: 'echo good day' });
    const { conversations } = await api().conversations({ search: 'echo hello' });
    const [ofGrace] = conversations;
    const { messages } = await api().messages(ofGrace?.id ?? '');
    expect(messages.map(({ sender, text }) => [sender.kind, sender.id, sender.name, text])).toEqual([
      ['external', '4711', 'Grace', 'echo hello'],
      ['agent', 'echo', 'Echo', 'echo hello'],
    ]);
    await say({ sender: { id: 4711, name: 'Grace' }, content: 'echo again' });
    await external.takeJson(({ message }) => message === 'echo again');
    expect((await api().messages(ofGrace?.id ?? '')).messages).toHaveLength(4);
  });

  it('answers plain text with plain text', async () => {
    await external.tell({ do: 'text', data: 'echo in plain words' });
    await external.take('received', ({ data }) => data === 'echo in plain words');
  });

  it('takes a message that comes twice under one id once, also after a restart', async () => {
    const twice = { id: 'order-7', user_id: 'ada', message: 'echo once' };
    await say(twice);
    const first = await external.takeJson();
    await say(twice);
    await status(({ ignored }) => ignored === 1);
    await gateway.kill();
    gateway = startGateway();
    await external.take('connected');
    await gateway.logged(({ msg }) => msg === 'joined to Parley');
    await say(twice);
    // The external server asks again, so it is told again: the same answer under the same id.
    expect((await external.takeJson()).id).toBe(first.id);
    const {
      conversations: [conversation],
    } = await api().conversations({ search: 'echo once' });
    expect(
      (await api().messages(conversation?.id ?? '')).messages.filter(({ kind }) => kind === 'TEXT'),
    ).toHaveLength(1);
  });

  it.each([
    ['binary frames', { do: 'binary', data: 'abc' }],
    ['half an object', { do: 'text', data: '{"message":"cut' }],
    ['an object without a text', { do: 'text', data: '{"type":"presence","user_id":"ada"}' }],
    ['an id that is not valid', { do: 'text', data: '{"message":"hi","user_id":{"a":1}}' }],
    ['an error of the other side', { do: 'text', data: '{"type":"error","message":"no such command"}' }],
    ['what another agent says', { do: 'text', data: '{"message":"hello","agent":"Helios"}' }],
  ] as const)('ignores %s with a line in the log, and goes on', async (_name, command) => {
    await external.tell(command);
    await gateway.logged(({ msg }) => msg.startsWith('a frame of the external server was ignored'));
    await say({ message: 'echo still there', user_id: 'ada' });
    await external.takeJson();
    expect(await status(({ ignored, answered }) => ignored === 1 && answered === 1)).toMatchObject({
      received: 1,
      sent: 1,
      failed: 0,
    });
  });

  it('answers pings, of WebSocket and of the application', async () => {
    await external.tell({ do: 'ping', data: 'are you there' });
    await external.take('pong', ({ data }) => data === 'are you there');
    await say({ type: 'ping' });
    expect(await external.takeJson()).toEqual({ type: 'pong' });
  });

  it.each([
    ['was cut', { do: 'drop' }],
    ['was closed', { do: 'close', code: 1000 }],
    ['was fed garbage', { do: 'bytes', hex: 'ffffffffffff' }],
    ['was fed text that is no UTF-8', { do: 'bytes', hex: '8102c328' }],
  ] as const)('connects again after the connection %s', async (_name, command) => {
    await external.tell(command);
    await external.take('connected');
    await say({ message: 'echo back again', user_id: 'ada' });
    await external.takeJson(({ message }) => message === 'echo back again');
    const { reconnects, lastError } = await status(({ reconnects }) => reconnects === 1);
    expect(reconnects).toBe(1);
    expect(lastError?.message).toEqual(expect.any(String));
  });

  it('keeps answers while the external server is away, and sends them when it is back', async () => {
    // The broker stands still, so that the answer comes when nobody is there to take it.
    system.broker.signal('SIGSTOP');
    await say({ message: 'echo for later', user_id: 'ada', id: 'later' });
    await status(({ received, queued }) => received === 1 && queued === 0);
    const { port } = external;
    await external.kill();
    system.broker.signal('SIGCONT');
    await status(({ state, kept, answered }) => state !== 'connected' && kept === 1 && answered === 1);
    external = await startExternal(port);
    expect(await external.takeJson()).toMatchObject({ message: 'echo for later', in_reply_to: 'later' });
  });

  it('keeps messages while Parley is away, and refuses what is too much', async () => {
    await gateway.kill();
    gateway = startGateway({ EXTERNAL_QUEUE_LIMIT: '2' });
    await external.take('connected');
    await gateway.logged(({ msg }) => msg === 'joined to Parley');
    await system.server.kill();
    await gateway.logged(({ msg }) => msg.startsWith('Parley is away'));
    for (const id of ['a', 'b', 'c']) await say({ message: `echo ${id}`, user_id: id, id });
    expect(await external.takeJson()).toMatchObject({ type: 'error', code: 'unavailable', in_reply_to: 'c' });
    await system.startServer();
    const answers = [await external.takeJson(), await external.takeJson()];
    expect(answers.map(({ message }) => message).sort()).toEqual(['echo a', 'echo b']);
  }, 180_000);

  it('says why there is no answer', async () => {
    await say({ message: '@Nobody hello', user_id: 'ada', id: 'q' });
    const answer = await external.takeJson(({ in_reply_to }) => in_reply_to === 'q');
    // Whether an unknown name is refused is the router's affair; either way there is an answer.
    expect(['message', 'error']).toContain(answer.type);
  });

  it('does not answer its own messages when they come back', async () => {
    await external.tell({ do: 'echo' });
    await say({ message: 'echo to everybody', user_id: 'ada' });
    await external.takeJson();
    await external.tell({ do: 'text', data: 'echo in plain words' });
    await external.take('received', ({ data }) => data === 'echo in plain words');
    await status(({ ignored }) => ignored === 2);
    expect(await status()).toMatchObject({ received: 2, answered: 2, sent: 2 });
    expect(external.received).toHaveLength(2);
  });

  it('answers each of a flood', async () => {
    await external.tell({
      do: 'flood',
      data: '{"message":"echo #","user_id":"user-#","id":"#"}',
      count: 300,
    });
    await eventually(() => {
      if (external.received.length < 300) throw new Error(`${external.received.length} of 300`);
    }, 120_000);
    const answered = external.received.map(
      (data) => (JSON.parse(data) as { in_reply_to: string }).in_reply_to,
    );
    expect(new Set(answered).size).toBe(300);
    expect(await status(({ answered }) => answered === 300)).toMatchObject({ failed: 0, queued: 0 });
  });

  it('notices an external server that has gone silent', async () => {
    await gateway.kill();
    // In the other tests nobody is taken for silent who is only held up.
    gateway = startGateway({ EXTERNAL_HEARTBEAT_MS: '500' });
    await external.take('connected');
    await gateway.logged(({ msg }) => msg === 'joined to Parley');
    await external.tell({ do: 'stop-reading' });
    const line = await gateway.logged(({ msg }) => msg.startsWith('the external server is away'));
    expect(line.level).toBe('warn');
    expect((await status(({ lastError }) => lastError !== undefined)).lastError?.message).toContain(
      'heartbeats',
    );
  });

  it('sends what an operator wants to say', async () => {
    await status(({ state }) => state === 'connected');
    const { gatewayId } = await api().sendToExternal({ message: 'closing early today', userId: 'ada' });
    expect(gatewayId).toBe((await status()).gatewayId);
    expect(await external.takeJson()).toMatchObject({ message: 'closing early today', user_id: 'ada' });
    await external.kill();
    await status(({ state }) => state !== 'connected');
    await expect(api().sendToExternal({ message: 'anybody?', gatewayId })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('not there'),
    });
  });

  it('finishes what it has in hand on SIGTERM, and is shown as gone', async () => {
    system.broker.signal('SIGSTOP');
    await say({ message: 'echo at the last moment', user_id: 'ada' });
    await status(({ received, queued }) => received === 1 && queued === 0);
    gateway.signal('SIGTERM');
    await gateway.logged(({ msg }) => msg.includes('finishing the work in hand'));
    system.broker.signal('SIGCONT');
    await external.takeJson(({ message }) => message === 'echo at the last moment');
    expect(await gateway.exited).toBe(0);
    const { gatewayId } = await status(({ isHere }) => !isHere);
    await expect(api().sendToExternal({ message: 'anybody?', gatewayId })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});

describe('the gateway in the standalone process', () => {
  it.each([
    ['makes a token of its own where people sign in', undefined, 'joined to Parley'],
    ['does not take Parley down when its token is refused', 'a.b.c', 'refuses the gateway'],
  ])('%s', async (_what, token, said) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'parley-test-'));
    const external = await startExternalServer();
    const parley = startProcess('standalone', {
      PORT: '0',
      GRPC_PORT: '0',
      DATA_DIR: folder,
      AUTH_SECRET,
      AUTH_AUDIENCE: 'parley',
      EXTERNAL_WS_URL: `ws://127.0.0.1:${external.port}/ws/{user_id}`,
      ...(token === undefined ? {} : { PARLEY_TOKEN: token }),
    });
    try {
      await parley.logged(({ msg }) => msg.includes(said));
      const { url } = await parley.logged(({ msg }) => msg === 'serving');
      expect((await fetch(`${url}/health`)).status).toBe(200);
      expect(await parley.terminate()).toBe(0);
    } finally {
      await parley.kill();
      await external.kill();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('joins the external server when there is one, and leaves it on SIGTERM', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'parley-test-'));
    const external = await startExternalServer();
    const parley = startProcess('standalone', {
      PORT: '0',
      GRPC_PORT: '0',
      DATA_DIR: folder,
      EXTERNAL_WS_URL: `ws://127.0.0.1:${external.port}/ws/{user_id}`,
    });
    try {
      expect(await external.take('connected')).toMatchObject({ path: '/ws/parley' });
      await parley.logged(({ msg }) => msg === 'joined to Parley');
      await external.tell({ do: 'text', data: '{"message":"@Echo hello","user_id":"ada"}' });
      expect(await external.takeJson()).toMatchObject({ agent: 'Echo', user_id: 'ada' });
      expect(await parley.terminate()).toBe(0);
      expect(await external.take('disconnected')).toMatchObject({ code: 1001 });
    } finally {
      await parley.kill();
      await external.kill();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('the gateway where people sign in', () => {
  let system: ParleySystem;
  let external: ExternalServer;

  beforeAll(async () => {
    system = await startSystem({ driver: 'embedded', env: { AUTH_SECRET } });
    external = await startExternalServer();
  });
  afterAll(async () => {
    await external?.kill();
    await system?.stop();
  });

  const start = (env: Record<string, string>): ParleyProcess =>
    startProcess('gateway', {
      PARLEY_URL: system.url,
      EXTERNAL_WS_URL: `ws://127.0.0.1:${external.port}/ws`,
      ...env,
    });

  it('says once what is missing when it has no token, and goes on trying', async () => {
    const gateway = start({});
    try {
      await gateway.logged(({ msg, level }) => level === 'error' && msg.includes('PARLEY_TOKEN'));
      const api = createHttpApi({ url: system.url, token: await signToken('ada', 'operator') });
      await eventually(async () => {
        const { entries } = await api.audit({ action: 'sign_in.refused', limit: 10 });
        expect(entries.length).toBeGreaterThan(2);
      });
      expect(gateway.log.filter(({ msg }) => msg.includes('PARLEY_TOKEN'))).toHaveLength(1);
      expect(await gateway.terminate()).toBe(0);
    } finally {
      await gateway.kill();
    }
  });

  it('works with the token of an operator, whose conversations they are', async () => {
    const gateway = start({ PARLEY_TOKEN: await signToken('bridge', 'operator') });
    try {
      await gateway.logged(({ msg }) => msg === 'joined to Parley');
      await external.tell({ do: 'text', data: '{"message":"echo hello","user_id":"grace"}' });
      expect(await external.takeJson()).toMatchObject({ message: 'echo hello', user_id: 'grace' });
      const api = createHttpApi({ url: system.url, token: await signToken('bridge', 'operator') });
      expect((await api.conversations()).conversations).toMatchObject([{ ownerId: 'bridge' }]);
    } finally {
      await gateway.kill();
    }
  });

  it('cannot be played by somebody who is no operator', async () => {
    const token = await signToken('mallory', 'member');
    const client = await connectRaw(system.webSocketUrl, { hello: { token } });
    const id = newId();
    client.send({ type: 'message.send', id, text: 'hello', onBehalfOf: { id: 'grace', name: 'Grace' } });
    expect(await client.received('error')).toMatchObject({ code: 'forbidden', inReplyTo: id });
    const other = newId();
    client.send({ type: 'external.sent', id: other, ok: true });
    await client.received('error', ({ code, inReplyTo }) => code === 'forbidden' && inReplyTo === other);
    client.terminate();
    const api = createHttpApi({ url: system.url, token });
    await expect(api.sendToExternal({ message: 'hello' })).rejects.toMatchObject({ code: 'forbidden' });
  });
});
