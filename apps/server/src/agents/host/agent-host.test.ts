import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type AgentFrame,
  type AgentHello,
  boundToken,
  type CallContext,
  type ControlPlaneClient,
  createControlPlaneClient,
  type Push,
  type ServerFrame,
} from '@parley/control-plane';
import { eventEnvelope } from '@parley/messaging';
import { collectDeliveries, type Deliveries, eventually } from '@parley/messaging/test-queue';
import { aRouting } from '@parley/requests/testing';
import {
  AgentProfile,
  agentQueue,
  agentSignalKey,
  BROKER_INPUT_QUEUE,
  type ChatMessage,
  HEADERS,
  newId,
  ParleyError,
  type PublishedEvent,
} from '@parley/shared-models';
import { route } from '@parley/store/testing';
import { type RunningServer, startServer } from '../../start-server.ts';
import { type Ground, makeGround, silent, testConfig } from '../../testing/server-fixture.ts';
import { type AgentHostOptions, createAgentHost } from './agent-host.ts';

type Said = Omit<Partial<AgentFrame>, 'work'>;

/** An agent in another language, frame by frame. */
interface Stream {
  say(work: number, said: Said): void;
  /** The first frame, past or future, that has this field. */
  next<Kind extends keyof ServerFrame>(
    kind: Kind,
    fits?: (frame: ServerFrame) => boolean,
  ): Promise<ServerFrame & Required<Pick<ServerFrame, Kind>>>;
  readonly frames: readonly ServerFrame[];
  /** What the server ended it with; undefined: OK. */
  readonly ended: Promise<ParleyError | undefined>;
  /** Says nothing more. */
  end(): void;
  /** As when its process is killed. */
  cut(): void;
}

const JOIN_TOKEN = 'a-join-token-of-more-than-thirty-characters';

/** What a server answers an agent, and a command for it. */
const SERVER_SAYS = {
  registerAgent: { agentId: 'echo', incarnation: 1, heartbeatMs: 2000, state: 'online' },
  heartbeat: { state: 'online' },
  receiveCommands: {
    commandId: newId(),
    type: 'shell',
    content: 'sleep 300',
    timeoutMs: 60_000,
    isCancellation: false,
  },
} as const;

/** What an agent says that says nothing. */
const silence = (signal: AbortSignal): AsyncIterable<AgentFrame> => ({
  [Symbol.asyncIterator]: () => ({
    async next() {
      if (!signal.aborted) await once(signal, 'abort');
      return { done: true, value: undefined };
    },
  }),
});

describe('an agent in any language', () => {
  let ground: Ground;
  let server: RunningServer;
  let written: Deliveries;
  const closes: (() => void)[] = [];
  beforeEach(async () => {
    ground = await makeGround();
    const config = testConfig({
      DATA_DIR: ground.folder.dataDir,
      RATE_LIMIT: 'off',
      HEARTBEAT_MS: '500',
      JOIN_TOKEN,
    });
    server = await startServer(config, { bus: ground.bus, store: ground.store, logger: silent });
    written = collectDeliveries();
    await ground.bus.consume(BROKER_INPUT_QUEUE, written.handler, { prefetch: 1000 });
  });
  afterEach(async () => {
    for (const close of closes.splice(0)) close();
    await server.stop();
    await ground.remove();
  });

  function connect(joinToken = JOIN_TOKEN): ControlPlaneClient {
    const client = createControlPlaneClient({
      url: `127.0.0.1:${server.grpcPort}`,
      joinToken,
      logger: silent,
    });
    closes.push(() => client.close());
    return client;
  }
  type Hello = Partial<Omit<AgentHello, 'profile'>> & { readonly profile?: object };
  const helloOf = ({ profile, ...hello }: Hello): AgentHello =>
    ({ profile: { name: 'Py', group: '', concurrency: 4, ...profile }, ...hello }) as AgentHello;

  function open(first: Partial<AgentFrame>, joinToken?: string): Stream {
    const client = connect(joinToken);
    const cut = new AbortController();
    const { send, end, events } = client.work({ work: 0, ...first }, { signal: cut.signal });
    const frames: ServerFrame[] = [];
    const waiting = new Set<() => void>();
    const read = async (): Promise<undefined> => {
      for await (const frame of events) {
        frames.push(frame);
        for (const wake of waiting) wake();
      }
      return undefined;
    };
    const ended = read().catch((error: ParleyError) => error);
    return {
      frames,
      ended,
      say: (work, said) => send({ work, ...said } as AgentFrame),
      next(kind, fits = () => true) {
        return new Promise((resolve, reject) => {
          void ended.then((error) => reject(error ?? new Error('the stream has ended')));
          const look = (): void => {
            const frame = frames.find((each) => each[kind] !== undefined && fits(each));
            if (frame === undefined) return;
            waiting.delete(look);
            resolve(frame as never);
          };
          waiting.add(look);
          look();
        });
      },
      end,
      cut: () => cut.abort(),
    };
  }
  async function join(hello: Hello = {}): Promise<Stream & { readonly agentId: string }> {
    const stream = open({ hello: helloOf(hello) });
    const { welcome } = await stream.next('welcome');
    return { ...stream, agentId: welcome.agentId };
  }
  const reply = (text: string, more: object = {}): Said =>
    ({ reply: { text, more: false, ...more } }) as unknown as Said;

  /** A message that the broker has given to the agent. */
  async function hand(agentId: string, text: string): Promise<ChatMessage> {
    const { message } = await ground.store.apply({
      type: 'submitted',
      message: {
        id: newId(),
        conversationId: newId(),
        kind: 'TEXT',
        sender: { kind: 'user', id: 'ada', name: 'Ada' },
        text,
        createdAt: new Date().toISOString(),
      },
      ownerId: 'ada',
    });
    if (message === undefined) throw new Error('the message was not stored');
    await route(ground.store, aRouting(message.id, agentId));
    await ground.bus.publish(agentQueue(agentId), {
      messageId: message.id,
      type: 'chat.message',
      timestamp: Date.now(),
      headers: { [HEADERS.conversation]: message.conversationId, [HEADERS.attempt]: 0 },
      body: Buffer.from(JSON.stringify(message)),
    });
    return message;
  }
  const workOf = async (stream: Stream, { id }: ChatMessage, times = 1): Promise<number> => {
    const isIt = ({ message }: ServerFrame) => message?.message.id === id;
    await eventually(() => expect(stream.frames.filter(isIt)).toHaveLength(times));
    return stream.frames.findLast(isIt)?.work ?? 0;
  };
  const bodies = () =>
    written.all.map(({ envelope }) => ({
      type: envelope.type,
      ...(JSON.parse(Buffer.from(envelope.body).toString()) as object),
    }));
  /** What is shown of the answer while it is written. */
  const piecesOf = async ({ conversationId }: ChatMessage): Promise<readonly string[]> => {
    const pieces: string[] = [];
    const listening = await ground.bus.subscribe(`test-${newId()}`, ({ type, body }) => {
      if (type === 'chat.delta') pieces.push(JSON.parse(Buffer.from(body).toString()).text);
    });
    await listening.bind(conversationId);
    return pieces;
  };
  const wrote = (body: object): Promise<void> =>
    eventually(() => expect(bodies()).toContainEqual(expect.objectContaining(body)));

  describe('that joins', () => {
    it.each<[string, Partial<AgentFrame>, string]>([
      ['says first who it is', { typing: true }, 'hello'],
      ['has a name', { hello: helloOf({ profile: { name: '' } }) }, 'hello.profile.name'],
      ['has a valid group', { hello: helloOf({ profile: { group: 'Not One' } }) }, 'hello.profile.group'],
      ['does not try for ever', { hello: helloOf({ attempts: 101 }) }, 'hello.attempts'],
    ])('%s, or is told the field', async (_, first, path) => {
      expect(await open(first).ended).toMatchObject({
        code: 'invalid_request',
        message: expect.stringContaining(path),
      });
    });

    it('is in a group of its name, and on the list', async () => {
      const { agentId } = await join({ profile: { name: 'Help Desk', host: 'a.machine' } });
      expect(agentId).toBe('help-desk');
      expect(await connect().getAgentStatus({ agentId })).toMatchObject({
        agentName: 'Help Desk',
        group: 'help-desk',
        state: 'online',
      });
    });

    it('is told that its id belongs to another group', async () => {
      await join({ agentId: 'taken', profile: { group: 'one' } });
      const stream = open({
        hello: helloOf({ agentId: 'taken', isExclusive: true, profile: { group: 'two' } }),
      });
      expect(await stream.ended).toMatchObject({ code: 'id_taken' });
    });

    it('is told that nobody signs in here, where it wants that', async () => {
      expect(await open({ hello: helloOf({ needsSignIn: true }) }).ended).toMatchObject({
        code: 'forbidden',
      });
    });

    it('stops for good when another process takes its id', async () => {
      const first = await join({ agentId: 'py', instanceId: 'one' });
      await join({ agentId: 'py', isExclusive: true, instanceId: 'two' });
      expect(await first.ended).toMatchObject({ code: 'stale_incarnation' });
      // Nor does it get it back.
      const again = open({ hello: helloOf({ agentId: 'py', isExclusive: true, instanceId: 'one' }) });
      expect(await again.ended).toMatchObject({ code: 'stale_incarnation' });
    });

    it('is let in by a join token for it, and for no other', async () => {
      const token = boundToken(JOIN_TOKEN, { agentId: 'py', group: 'py' });
      const { welcome } = await open({ hello: helloOf({}) }, token).next('welcome');
      expect(welcome.agentId).toBe('py');
      const forbidden = { code: 'forbidden' };
      const others = [{ agentId: 'other' }, { profile: { group: 'other' } }];
      for (const hello of others)
        expect(await open({ hello: helloOf(hello) }, token).ended).toMatchObject(forbidden);
      const over = boundToken(JOIN_TOKEN, { agentId: 'py', group: 'py' }, { expiresAt: 1 });
      expect(await open({ hello: helloOf({}) }, over).ended).toMatchObject({ code: 'unauthenticated' });
    });

    it('ends when its join token does', async () => {
      const expiresAt = Math.floor(Date.now() / 1000) + 2;
      const token = boundToken(JOIN_TOKEN, { agentId: 'py', group: 'py' }, { expiresAt });
      const stream = open({ hello: helloOf({}) }, token);
      await stream.next('welcome');
      expect(await stream.ended).toMatchObject({ code: 'unauthenticated' });
    });

    it('is told that there are as many as may be', async () => {
      const host = createAgentHost({
        bus: ground.bus,
        handlers: { registerAgent: () => new Promise(() => {}) } as unknown as AgentHostOptions['handlers'],
        peopleSignIn: false,
        logger: silent,
        maxStreams: 1,
      });
      const gone = new AbortController();
      const context: CallContext = { peer: '127.0.0.1:1', isBroker: false, hold() {}, signal: gone.signal };
      const push = { send: () => true, end() {}, isBehind: false, caughtUp: async () => {} };
      const hello = helloOf({ profile: AgentProfile.parse({ name: 'Py', group: 'py' }) });
      const openOne = () => host.work({ work: 0, hello }, silence(gone.signal), push, context);
      const first = openOne();
      await expect(openOne()).rejects.toMatchObject({ code: 'too_many_members' });
      gone.abort();
      await first;
    });

    it('does not have its commands ended when it is gone: what became of them, nobody knows', async () => {
      const told: string[] = [];
      const { registerAgent, heartbeat, receiveCommands } = SERVER_SAYS;
      const host = createAgentHost({
        bus: ground.bus,
        handlers: {
          registerAgent: async () => registerAgent,
          heartbeat: async () => heartbeat,
          unregisterAgent: async () => {},
          receiveCommands(_: unknown, stream: Push<unknown>) {
            stream.send(receiveCommands);
            return () => {};
          },
          sendCommandState: async () => void told.push('state'),
          sendCommandOutput: async () => void told.push('output'),
          sendCommandResult: async () => void told.push('result'),
        } as unknown as AgentHostOptions['handlers'],
        peopleSignIn: false,
        logger: silent,
      });
      const gone = new AbortController();
      const handed = Promise.withResolvers<void>();
      const context: CallContext = { peer: '127.0.0.1:1', isBroker: false, hold() {}, signal: gone.signal };
      const push = {
        send(frame: ServerFrame) {
          if (frame.command !== undefined) handed.resolve();
          return true;
        },
        end() {},
        isBehind: false,
        caughtUp: async () => {},
      };
      const capabilities = ['executes-commands'];
      const profile = AgentProfile.parse({ name: 'Echo', group: 'echo', capabilities });
      await ground.bus.declareAgentQueue('echo');
      const working = host.work(
        { work: 0, hello: helloOf({ profile }) },
        silence(gone.signal),
        push,
        context,
      );
      await handed.promise;
      gone.abort();
      await working;
      expect(told).toEqual([]);
    });

    it('may be one of several in a process', async () => {
      const [one, two] = [
        await join({ instanceId: 'one', profile: { name: 'One' } }),
        await join({ instanceId: 'one', profile: { name: 'Two' } }),
      ];
      for (const stream of [one, two]) {
        const message = await hand(stream.agentId, 'hello');
        stream.say(await workOf(stream, message), reply('here'));
        await wrote({ text: 'here', inReplyTo: message.id });
      }
    });

    it('keeps its id, and gets again what it has in hand, on another stream of the same process', async () => {
      const before = await join({ instanceId: 'one' });
      const message = await hand(before.agentId, 'hello');
      const stale = await workOf(before, message);
      const after = await join({ instanceId: 'one' });
      expect(await before.ended).toMatchObject({ code: 'unavailable' });
      expect(after.agentId).toBe(before.agentId);
      const work = await workOf(after, message);
      expect(work).toBeGreaterThan(stale);
      // What it says of the work of before is not taken for an answer to another one.
      after.say(stale, reply('late'));
      after.say(work, reply('in time'));
      await wrote({ type: 'chat.reply', text: 'in time', inReplyTo: message.id });
      expect(bodies()).not.toContainEqual(expect.objectContaining({ text: 'late' }));
    });
  });

  describe('that answers', () => {
    it('has its name and its id put to what it says, and hears that it is taken', async () => {
      const stream = await join();
      const message = await hand(stream.agentId, 'hello');
      const work = await workOf(stream, message);
      const given = await stream.next('message');
      expect(given.message).toMatchObject({ message, userId: 'ada', userName: 'Ada', endsSession: false });
      stream.say(work, reply('one', { more: true, metadata: { a: 1 } }));
      stream.say(work, reply('two'));
      expect((await stream.next('over')).over).toEqual({ code: '', message: '', path: '' });
      expect(bodies()).toMatchObject([
        { text: 'one', metadata: { a: 1 }, sender: { kind: 'agent', id: stream.agentId, name: 'Py' } },
        { text: 'two', inReplyTo: message.id },
      ]);
    });

    it.each<[string, Said | object, string]>([
      ['metadata that is too large', reply('x', { metadata: { a: 'x'.repeat(40_000) } }), 'reply.metadata'],
      ['metadata that is no object', reply('x', { metadata: 'a text' }), 'reply.metadata'],
      ['a reply to something else', reply('x', { inReplyTo: newId() }), 'reply.in_reply_to'],
      ['the end of a command', { commandEnd: {} }, 'command_end'],
      ['output', { output: { data: Buffer.from('x') } }, 'output'],
      ['no code that there is', { failed: { code: 'nonsense', message: 'x' } }, 'failed.code'],
      ['nothing at all', {}, 'frame'],
    ])(
      'is told the field where it gives %s; the person hears of it, and the stream goes on',
      async (_, said, path) => {
        const stream = await join();
        const message = await hand(stream.agentId, 'hello');
        stream.say(await workOf(stream, message), said as Said);
        const { over } = await stream.next('over');
        expect(over).toMatchObject({ code: 'invalid_request', path });
        await wrote({ type: 'chat.failed', requestId: message.id, code: 'agent_failed' });
        const next = await hand(stream.agentId, 'again');
        stream.say(await workOf(stream, next), reply('fine'));
        await wrote({ text: 'fine' });
      },
    );

    it('shows pieces, and what they make is the reply', async () => {
      const stream = await join();
      const message = await hand(stream.agentId, 'hello');
      const pieces = await piecesOf(message);
      const work = await workOf(stream, message);
      stream.say(work, { piece: 'Hel' });
      stream.say(work, { typing: true });
      stream.say(work, { piece: 'lo ' });
      stream.say(work, reply('you', { metadata: { b: 2 } }));
      await wrote({ type: 'chat.reply', text: 'Hello you', metadata: { b: 2 } });
      await eventually(() => expect(pieces.join('')).toBe('Hello you'));
    });

    it('may end pieces with done', async () => {
      const stream = await join();
      const message = await hand(stream.agentId, 'hello');
      const work = await workOf(stream, message);
      stream.say(work, { piece: 'all of it' });
      stream.say(work, { done: {} });
      await wrote({ type: 'chat.reply', text: 'all of it', inReplyTo: message.id });
    });

    it('is cut off at the longest message, whatever it still writes', async () => {
      const stream = await join();
      const message = await hand(stream.agentId, 'hello');
      const work = await workOf(stream, message);
      for (let count = 0; count < 300; count++) stream.say(work, { piece: 'x'.repeat(400) });
      stream.say(work, reply('the end'));
      await wrote({ type: 'chat.reply', metadata: expect.objectContaining({ isCutOff: true }) });
      expect((await stream.next('over')).over.code).toBe('');
    });

    it('says nothing with done, and hears that it is taken once it is safe', async () => {
      const stream = await join();
      const { publish } = ground.bus;
      const gate = Promise.withResolvers<void>();
      ground.bus.publish = async (queue, envelope, options) => {
        if (envelope.type === 'chat.settled') await gate.promise;
        await publish(queue, envelope, options);
      };
      try {
        const message = await hand(stream.agentId, 'hello');
        stream.say(await workOf(stream, message), { done: {} });
        const later = await hand(stream.agentId, 'later');
        stream.say(await workOf(stream, later), reply('meanwhile'));
        await wrote({ text: 'meanwhile' });
        const overs = (): number => stream.frames.filter(({ over }) => over !== undefined).length;
        await eventually(() => expect(overs()).toBe(1));
        gate.resolve();
        await eventually(() => expect(overs()).toBe(2));
        await wrote({ type: 'chat.settled', requestId: message.id });
      } finally {
        gate.resolve();
        ground.bus.publish = publish;
      }
    });

    it('fails for good with a code, and is tried again without one', async () => {
      const stream = await join({ attempts: 2 });
      const broke = await hand(stream.agentId, 'broke');
      stream.say(await workOf(stream, broke), {
        failed: { code: 'agent_failed', message: 'No money left.' },
      });
      await wrote({ type: 'chat.failed', requestId: broke.id, message: 'No money left.' });
      const clumsy = await hand(stream.agentId, 'clumsy');
      stream.say(await workOf(stream, clumsy), { failed: { code: undefined, message: 'stumbled' } });
      stream.say(await workOf(stream, clumsy, 2), reply('there it is'));
      await wrote({ type: 'chat.reply', text: 'there it is', inReplyTo: clumsy.id });
    });

    it('hears that an answer is stopped, and what was shown is the reply', async () => {
      const stream = await join();
      const message = await hand(stream.agentId, 'hello');
      const work = await workOf(stream, message);
      const pieces = await piecesOf(message);
      stream.say(work, { piece: 'so far' });
      await eventually(() => expect(pieces).toEqual(['so far']));
      const cancel = Buffer.from(JSON.stringify({ messageId: message.id }));
      ground.bus.signal({ type: 'chat.cancel', key: agentSignalKey(stream.agentId), body: cancel });
      expect((await stream.next('over')).over).toMatchObject({ code: 'cancelled' });
      await wrote({ text: 'so far', metadata: expect.objectContaining({ isStopped: true }) });
      stream.say(work, { piece: 'too late' });
      stream.say(work, { call: { number: 1, readMemory: { key: 'a' } } as AgentFrame['call'] });
      expect((await stream.next('answer')).answer).toMatchObject({ number: 1, errorCode: 'cancelled' });
    });

    it('hears that its time is over', async () => {
      const stream = await join({ profile: { timeoutMs: 50 } });
      const message = await hand(stream.agentId, 'hello');
      expect((await stream.next('over')).over).toMatchObject({ code: 'agent_timeout' });
      await wrote({ type: 'chat.failed', requestId: message.id });
    });

    it('may say a great deal at once, of many works', async () => {
      const stream = await join({ profile: { concurrency: 20 } });
      const messages = await Promise.all(Array.from({ length: 20 }, () => hand(stream.agentId, 'hello')));
      const works = await Promise.all(messages.map((message) => workOf(stream, message)));
      for (let count = 0; count < 200; count++) for (const work of works) stream.say(work, { piece: '.' });
      for (const work of works) stream.say(work, reply('!'));
      await eventually(() => expect(bodies()).toHaveLength(20));
      expect(new Set(bodies().map((body) => (body as { text?: string }).text))).toEqual(
        new Set([`${'.'.repeat(200)}!`]),
      );
    });
  });

  describe('that calls', () => {
    const asked = async (stream: Stream, work: number, number: number, call: object) => {
      stream.say(work, { call: { number, ...call } as AgentFrame['call'] });
      return (await stream.next('answer', ({ answer }) => answer?.number === number)).answer;
    };
    const key = { key: 'likes', isShared: false };

    it('remembers, and is told of a version that has changed', async () => {
      const stream = await join();
      const work = await workOf(stream, await hand(stream.agentId, 'hello'));
      expect((await asked(stream, work, 1, { readMemory: key })).entry).toMatchObject({
        value: '',
        version: 0,
      });
      const write = { ...key, value: '["tea"]', expectedVersion: 0 };
      expect((await asked(stream, work, 2, { writeMemory: write })).entry).toMatchObject({ version: 1 });
      expect((await asked(stream, work, 3, { readMemory: key })).entry).toMatchObject({ value: '["tea"]' });
      expect(await asked(stream, work, 4, { writeMemory: write })).toMatchObject({
        errorCode: 'id_conflict',
      });
      expect((await asked(stream, work, 5, { readMemory: { ...key, isShared: true } })).entry?.version).toBe(
        0,
      );
      await asked(stream, work, 6, { forgetMemory: key });
      expect((await asked(stream, work, 7, { readMemory: key })).entry).toMatchObject({
        value: '',
        version: 2,
      });
      // Whose memory it is, the message says.
      const others = { readMemory: { ...key, userId: 'eve' } };
      expect(await asked(stream, work, 8, others)).toMatchObject({ errorCode: 'invalid_request' });
    });

    it('is told what is wrong with a call, and may go on', async () => {
      const stream = await join();
      const work = await workOf(stream, await hand(stream.agentId, 'hello'));
      const publish = { channel: 'human', type: 'note', payload: '{' };
      expect(await asked(stream, work, 1, { publish })).toMatchObject({
        errorCode: 'invalid_request',
        errorMessage: expect.stringContaining('payload'),
      });
      expect(await asked(stream, work, 2, {})).toMatchObject({ errorCode: 'invalid_request' });
      expect(await asked(stream, work, 3, { begin: {} })).toMatchObject({ errorCode: 'invalid_request' });
      expect(await asked(stream, work, 4, { ask: { text: 'hello' } })).toMatchObject({
        errorCode: 'agent_failed',
      });
      stream.say(work, reply('fine'));
      await wrote({ text: 'fine' });
    });

    it('is answered a call that cannot be read, and goes on', async () => {
      const stream = await join();
      const work = await workOf(stream, await hand(stream.agentId, 'hello'));
      expect(await asked(stream, work, 7, { readMemory: { ...key, key: '' } })).toMatchObject({
        errorCode: 'invalid_request',
        errorMessage: expect.stringContaining('call.read_memory.key'),
      });
      stream.say(work, reply('fine'));
      await wrote({ text: 'fine' });
    });

    it('has what it still waits for cancelled with its answer: nothing keeps its next stream waiting', async () => {
      const stream = await join({ instanceId: 'one' });
      const message = await hand(stream.agentId, 'hello');
      const work = await workOf(stream, message);
      const publishEvent = ground.bus.publishEvent;
      ground.bus.publishEvent = () => Promise.reject(new ParleyError('bus_unavailable', 'It is away.'));
      try {
        const publish = { channel: 'human', type: 'note', payload: '1' };
        stream.say(work, { call: { number: 1, publish } as AgentFrame['call'] });
        stream.say(work, reply('done'));
        expect((await stream.next('answer')).answer.errorCode).not.toBe('');
        stream.cut();
        await join({ instanceId: 'one' });
      } finally {
        ground.bus.publishEvent = publishEvent;
      }
    });

    it('is refused more calls than may be under way', async () => {
      const stream = await join();
      const work = await workOf(stream, await hand(stream.agentId, 'hello'));
      for (let number = 1; number <= 300; number++)
        stream.say(work, { call: { number, readMemory: key } as AgentFrame['call'] });
      await eventually(() =>
        expect(stream.frames.filter(({ answer }) => answer !== undefined)).toHaveLength(300),
      );
      const refused = stream.frames.filter(({ answer }) => answer?.errorCode === 'rate_limited');
      // How many, depends on how fast they are answered.
      expect(refused.length).toBeLessThanOrEqual(300 - 256);
    });
  });

  describe('that subscribes', () => {
    const subscriptions = [{ channel: 'human', types: ['order'] }];
    const event: PublishedEvent = {
      id: newId(),
      type: 'order',
      payload: { number: 7 },
      source: { kind: 'user', id: 'ada', name: 'Ada' },
      at: new Date().toISOString(),
    };

    it('handles an event, remembers about a person, and says something in a conversation', async () => {
      const stream = await join({ profile: { subscriptions } });
      await ground.bus.publishEvent('human', 'order', eventEnvelope('human', event));
      const given = await stream.next('event');
      expect(given.event).toMatchObject({ channel: 'human', event });
      const about = { key: 'orders', isShared: false, userId: 'ada' };
      const write = { writeMemory: { ...about, value: '1', expectedVersion: undefined } };
      stream.say(given.work, { call: { number: 1, ...write } as AgentFrame['call'] });
      expect((await stream.next('answer')).answer.entry).toMatchObject({ value: '1', version: 1 });
      const inReplyTo = newId();
      stream.say(given.work, reply('It is on its way.', { inReplyTo }));
      await wrote({ type: 'chat.reply', text: 'It is on its way.', inReplyTo });
      expect((await stream.next('over')).over.code).toBe('');
    });

    it('fails for good with a code, and is not handed out again', async () => {
      const stream = await join({ profile: { subscriptions } });
      const lost = { ...event, id: newId() };
      await ground.bus.publishEvent('human', 'order', eventEnvelope('human', lost));
      const failed = { code: 'agent_failed' as const, message: 'There is no such order.' };
      stream.say((await stream.next('event')).work, { failed });
      await eventually(async () =>
        expect(await ground.store.listDeadLetters({ limit: 10 })).toContainEqual(
          expect.objectContaining({ messageId: lost.id, message: 'There is no such order.' }),
        ),
      );
      expect(stream.frames.filter((frame) => frame.event !== undefined)).toHaveLength(1);
    });

    it('is told that a reply needs its message', async () => {
      const stream = await join({ attempts: 1, profile: { subscriptions } });
      await ground.bus.publishEvent('human', 'order', eventEnvelope('human', { ...event, id: newId() }));
      stream.say((await stream.next('event')).work, reply('to whom?'));
      expect((await stream.next('over')).over).toMatchObject({ path: 'reply.in_reply_to' });
    });
  });

  describe('that leaves', () => {
    const offline = (agentId: string) =>
      eventually(async () =>
        expect(await connect().getAgentStatus({ agentId })).toMatchObject({ state: 'offline' }),
      );

    it('answers what it has in hand, gets nothing new, and is gone', async () => {
      const stream = await join();
      const work = await workOf(stream, await hand(stream.agentId, 'hello'));
      stream.say(0, { leave: { timeoutMs: undefined } });
      await eventually(async () =>
        expect(await connect().getAgentStatus({ agentId: stream.agentId })).toMatchObject({
          state: 'draining',
        }),
      );
      const later = await hand(stream.agentId, 'later');
      stream.say(work, reply('done'));
      expect(await stream.ended).toBeUndefined();
      await wrote({ text: 'done' });
      await offline(stream.agentId);
      expect(stream.frames.some(({ message }) => message?.message.id === later.id)).toBe(false);
      const next = await join();
      await workOf(next, later);
    });

    it('has what it does not answer in time put back', async () => {
      const stream = await join();
      const message = await hand(stream.agentId, 'hello');
      await workOf(stream, message);
      stream.say(0, { leave: { timeoutMs: 1 } });
      expect(await stream.ended).toBeUndefined();
      expect((await stream.next('over')).over).toMatchObject({ code: 'unavailable' });
      await workOf(await join(), message);
    });

    it('has what it has in hand put back when it says nothing more, and when it dies', async () => {
      const mute = await join();
      const message = await hand(mute.agentId, 'hello');
      await workOf(mute, message);
      mute.end();
      expect(await mute.ended).toBeUndefined();
      const dying = await join();
      await workOf(dying, message);
      dying.cut();
      await offline(dying.agentId);
      const last = await join();
      last.say(await workOf(last, message), reply('at last'));
      await wrote({ text: 'at last', inReplyTo: message.id });
    });

    it('does not keep the server, however long it wants to take', async () => {
      const stream = await join();
      await workOf(stream, await hand(stream.agentId, 'hello'));
      stream.say(0, { leave: { timeoutMs: 3_600_000 } });
      await eventually(async () =>
        expect(await connect().getAgentStatus({ agentId: stream.agentId })).toMatchObject({
          state: 'draining',
        }),
      );
      await server.drain(1);
      expect(await stream.ended).toBeUndefined();
    });

    it('goes elsewhere when the server goes down, once it has answered', async () => {
      const stream = await join();
      const work = await workOf(stream, await hand(stream.agentId, 'hello'));
      const draining = server.drain(20_000);
      await eventually(() => expect(stream.frames.length).toBeGreaterThan(1));
      stream.say(work, reply('just in time'));
      await draining;
      expect(await stream.ended).toMatchObject({ code: 'unavailable' });
      await wrote({ text: 'just in time' });
      expect(await open({ hello: helloOf({}) }).ended).toMatchObject({ code: 'unavailable' });
    });
  });
});
