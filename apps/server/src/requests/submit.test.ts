import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { advance, checkPlan, stepMessageId, type TaskEvent } from '@parley/durable-tasks';
import { eventually, gate } from '@parley/messaging/test-queue';
import {
  AgentProfile,
  BROKER_INPUT_QUEUE,
  CAPABILITIES,
  type ChatMessage,
  deriveId,
  newId,
  ParleyError,
  type ServerFrame,
} from '@parley/shared-models';
import { fail } from '@parley/store/testing';
import { WebSocket, WebSocketServer } from 'ws';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { createTestReader } from '../../testing/test-reader.ts';
import { createAskHandlers } from '../conversations/ask.ts';
import type { ServerServices } from '../server-services.ts';
import { createTaskHandlers } from '../tasks/task-handlers.ts';
import { LOCAL_USER } from '../users/local-user.ts';
import { createShared } from '../websocket/client-connection.ts';
import type { ClientSocket } from '../websocket/client-socket.ts';
import { createFollowedConversations } from '../websocket/followed-conversations.ts';
import { onMessageCancel, onMessageSend } from '../websocket/frame-handlers.ts';
import { conversationOfUser, serveUserSocket } from '../websocket/user-socket/serve-user-socket.ts';

let fixture: ServicesFixture;
let ended: AbortController;
const cleanups: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  fixture = await makeServices();
  ended = new AbortController();
});
afterEach(async () => {
  ended.abort();
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  await fixture.remove();
});

/** A connection whose client reads `frames`; keeps the frames sent to it. */
function clientSocket(services: ServerServices, frames = 1): ClientSocket & { readonly sent: ServerFrame[] } {
  const sent: ServerFrame[] = [];
  const conversations = createFollowedConversations(services.hub, {
    onFrame: (told) =>
      void sent.push(...(frames >= 2 ? [told] : told.separate).map(({ text }) => JSON.parse(text))),
  });
  cleanups.push(conversations.stop);
  return {
    sent,
    connectionId: newId(),
    user: LOCAL_USER,
    remoteAddress: '127.0.0.1',
    frames,
    conversations,
    services,
    sendFrame: (frame) => void sent.push(frame),
    send() {},
    flushed: async () => {},
    isOpen: () => true,
  };
}

/** One of the ways in. */
interface Door {
  /** Lets messages in, all of one conversation, where it is asked to before one is taken. */
  readonly conversationId: string | undefined;
  /** Ids for `say`; where the door makes them itself, undefined. */
  readonly ids: readonly string[] | undefined;
  /** Lets the message in. Resolves when it is stored, rejects when it is refused. */
  say(text: string, id?: string): Promise<unknown>;
  /** Stops the answer to it. */
  stop?(id: string): Promise<void>;
}

const idsFor = (count = 60): string[] => Array.from({ length: count }, () => newId());

/** The message of an agent: its door tells only of the answer. */
async function untilStored(id: string): Promise<void> {
  while (!ended.signal.aborted) {
    if ((await fixture.store.getMessage(id))?.message.sender.kind === 'agent') return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function frameDoor(services: ServerServices): Door {
  const conversationId = newId();
  const socket = clientSocket(services);
  return {
    conversationId,
    ids: idsFor(),
    say: async (text, id = newId()) =>
      onMessageSend({ type: 'message.send', id, conversationId, text }, socket),
    stop: async (messageId) => onMessageCancel({ type: 'message.cancel', messageId }, socket),
  };
}

/** `/ws/:userId`, with a real WebSocket. */
async function userSocketDoor(services: ServerServices): Promise<Door> {
  const user = { id: 'ada', name: 'Ada', roles: ['member' as const] };
  const admission = { hold() {}, release() {}, end() {} };
  const shared = createShared(services);
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(sockets, 'listening');
  sockets.on('connection', (webSocket, { socket: tcp }) => {
    const transport = { webSocket, tcp, remoteAddress: '127.0.0.1', caller: undefined, admission };
    serveUserSocket(transport, user, shared);
  });
  const client = new WebSocket(`ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`);
  const refused: string[] = [];
  client.on('message', (data) => {
    const frame = JSON.parse(data.toString());
    if (frame.type === 'error') refused.push(frame.code);
  });
  await once(client, 'open');
  cleanups.push(async () => {
    client.terminate();
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
    await once(sockets, 'close');
    for (const each of Object.values(shared.times)) each.stop();
  });
  const conversationId = conversationOfUser(user.id);
  return {
    conversationId,
    ids: undefined,
    async say(text) {
      client.send(text);
      await eventually(async () => {
        const [code] = refused;
        if (code !== undefined) return;
        const { messages } = await fixture.store.listMessages(conversationId, { limit: 100 });
        if (!messages.some((message) => message.text === text)) throw new Error('it is not stored');
      });
      if (refused[0] !== undefined) throw new ParleyError('quota_exceeded', refused[0]);
    },
  };
}

/** A message that the agent answers. */
async function inHandOf(agentId: string): Promise<ChatMessage> {
  const request = await fixture.accept('what I ask');
  await fixture.give(request, agentId);
  return request;
}

async function askDoor(services: ServerServices): Promise<Door> {
  const caller = { agentId: 'hr', incarnation: await fixture.register('hr') };
  const request = await inHandOf('hr');
  const handlers = createAskHandlers(services);
  const target = { agentName: 'finance' };
  return {
    conversationId: deriveId(request.id, 'ask', 'hr', JSON.stringify(target)),
    ids: idsFor(),
    async say(text, id = newId()) {
      const question = { ...caller, requestId: request.id, id, target, text, timeoutMs: 600_000 };
      await Promise.race([handlers.ask(question, ended), untilStored(id)]);
    },
    stop: (id) => handlers.cancelAsk({ ...caller, id }),
  };
}

/** A task whose plan has so many steps that are under way; each is a message in a conversation of its own. */
async function stepDoor(services: ServerServices): Promise<Door> {
  const caller = { agentId: 'planner', incarnation: await fixture.register('planner') };
  await fixture.register('executor');
  const request = await inHandOf('planner');
  const handlers = createTaskHandlers(services);
  const id = newId();
  await handlers.createTask({ ...caller, id, requestId: request.id, title: 'Task', text: 'x' });
  const [claimed] = (await handlers.claimTasks({ ...caller, limit: 1 })).tasks;
  if (claimed === undefined) throw new Error('there is no task');
  const steps = ['a', 'b', 'c'].map((step) => ({ id: step, title: step, group: 'executor' }));
  const events: TaskEvent[] = [
    { type: 'planned', plan: checkPlan({ steps, aggregate: { title: 'R', group: 'executor' } }, []) },
    { type: 'begun', stepIds: ['a', 'b', 'c'] },
  ];
  const document = events.reduce((task, event) => advance(task, event, Date.now()), claimed.document);
  const { version: expectedVersion, token } = claimed;
  await handlers.saveTask({ ...caller, document, expectedVersion, token });
  const ids = steps.map((step) => stepMessageId(id, { ...step, attempt: 1 }));
  const attemptOf = (messageId: string) => ({
    ...caller,
    lease: { id, token },
    stepId: steps[ids.indexOf(messageId)]?.id ?? '',
    attempt: 1,
    timeoutMs: 600_000,
  });
  return {
    conversationId: undefined,
    ids,
    async say(_, messageId = '') {
      const wait = { ...attemptOf(messageId), isCancellation: false };
      await Promise.race([handlers.runStep(wait, ended), untilStored(messageId)]);
    },
    async stop(messageId) {
      await handlers.runStep({ ...attemptOf(messageId), isCancellation: true }, ended);
    },
  };
}

type Open = (services: ServerServices) => Promise<Door> | Door;
const FRAME = ['the frame message.send', frameDoor] as const;
const SOCKET = ['the compatible endpoint', userSocketDoor] as const;
const ASK = ['an agent’s question', askDoor] as const;
const STEP = ['a task’s step', stepDoor] as const;
const EVERY: (readonly [string, Open])[] = [FRAME, SOCKET, ASK, STEP];
const WITH_IDS: (readonly [string, Open])[] = [FRAME, ASK, STEP];

/** The messages published to the brokers, in order, while it consumes. */
async function published(): Promise<{ readonly ids: readonly string[] }> {
  const ids: string[] = [];
  const subscription = await fixture.bus.consume(
    BROKER_INPUT_QUEUE,
    async ({ envelope }) => void ids.push(envelope.messageId),
    { prefetch: 1 },
  );
  cleanups.push(() => subscription.close({ timeoutMs: 1000 }));
  return { ids };
}

/** The texts of the requests in the conversation. */
const textsIn = async (conversationId: string): Promise<string[]> =>
  (await fixture.store.listMessages(conversationId, { limit: 100 })).messages
    .filter(({ kind }) => kind === 'TEXT')
    .map(({ text }) => text);

/** A turn of the event loop, and of the store, in which everything that is not held back would have happened. */
const aWhile = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) {
    await fixture.store.getMessage(newId());
    await new Promise((resolve) => setImmediate(resolve));
  }
};

describe('whatever way a message comes in', () => {
  describe.each(EVERY)('%s', (_, open) => {
    it('waits while too many are on their way to the brokers, and sets out then', async () => {
      const queue = await published();
      const asked = gate();
      const room = gate();
      const { services } = fixture;
      const door = await open({
        ...services,
        relay: {
          ...services.relay,
          async room() {
            asked.open();
            await room.opened;
          },
        },
      });
      let isIn = false;
      const saying = door.say('hello', door.ids?.[0]).then(() => {
        isIn = true;
      });
      await asked.opened;
      await aWhile();
      expect([isIn, queue.ids]).toEqual([false, []]);
      room.open();
      await saying;
      await eventually(() => expect(queue.ids).toHaveLength(1));
      if (door.ids !== undefined) expect(queue.ids).toEqual([door.ids[0]]);
    });

    it('is charged to the person who pays for it, and to nobody where no person does', async () => {
      const { services } = fixture;
      const charged: string[] = [];
      const door = await open({
        ...services,
        userLimits: {
          ...services.userLimits,
          async charge({ user }) {
            charged.push(user.id);
            throw new ParleyError('quota_exceeded', 'That was too much.');
          },
        },
      });
      const said = await Promise.allSettled([door.say('hello', door.ids?.[0])]);
      const isPersons = open === frameDoor || open === userSocketDoor;
      expect(said[0]).toMatchObject(
        isPersons ? { status: 'rejected', reason: { code: 'quota_exceeded' } } : { status: 'fulfilled' },
      );
      expect(charged).toHaveLength(isPersons ? 1 : 0);
      if (door.conversationId !== undefined && isPersons)
        expect(await textsIn(door.conversationId)).toEqual([]);
    });

    it('is shown to those who follow the conversation', async () => {
      const door = await open(fixture.services);
      const reader = createTestReader();
      const conversationId = door.conversationId ?? deriveId(door.ids?.[0] ?? newId(), 'conversation');
      const subscription = reader.follow(fixture.services.hub, conversationId);
      cleanups.push(subscription.stop);
      await door.say('hello', door.ids?.[0]);
      await reader.messages(1);
    });
  });

  describe.each([FRAME, SOCKET, ASK] as (readonly [string, Open])[])('%s', (_, open) => {
    const texts = Array.from({ length: 50 }, (_, index) => `number ${index}`);

    it('keeps the order of its conversation, to the brokers too', async () => {
      const queue = await published();
      const door = await open(fixture.services);
      await Promise.all(texts.map((text, index) => door.say(text, door.ids?.[index])));
      expect(await textsIn(door.conversationId ?? '')).toEqual(texts);
      await eventually(() => expect(queue.ids).toHaveLength(texts.length));
      const { messages } = await fixture.store.listMessages(door.conversationId ?? '', { limit: 100 });
      const stored = messages.filter(({ kind }) => kind === 'TEXT').map(({ id }) => id);
      expect(queue.ids).toEqual(stored);
    });

    it('waits for as long as it is open who will hold the conversation', async () => {
      const profile = AgentProfile.parse({
        name: 'Holder',
        group: 'holder',
        capabilities: [CAPABILITIES.holdsSession],
      });
      await fixture.services.agents.register({
        agentId: 'holder',
        isExclusive: true,
        instanceId: newId(),
        profile,
      });
      const door = await open(fixture.services);
      const conversationId = door.conversationId ?? '';
      await door.say('one', door.ids?.[0]);
      const next = door.say('two', door.ids?.[1]);
      await aWhile();
      expect(await textsIn(conversationId)).toEqual(['one']);
      const [first] = (await fixture.store.listMessages(conversationId, { limit: 1 })).messages;
      fixture.services.sessionGate.settled(first?.id ?? '');
      await next;
      expect(await textsIn(conversationId)).toEqual(['one', 'two']);
    });
  });

  describe.each(WITH_IDS)('%s', (_, open) => {
    it('is stored once and sets out once, however often it comes', async () => {
      const queue = await published();
      const door = await open(fixture.services);
      const [id = '', other = ''] = door.ids ?? [];
      await Promise.all([door.say('a', id), door.say('a', id)]);
      await door.say('a', id);
      await door.say('b', other);
      await eventually(() => expect(queue.ids).toContain(other));
      expect(queue.ids.filter((each) => each === id)).toHaveLength(1);
      const { message } = (await fixture.store.getMessage(id)) ?? {};
      const { messages } = await fixture.store.listMessages(message?.conversationId ?? '', { limit: 10 });
      expect(messages.filter((each) => each.id === id)).toHaveLength(1);
    });

    it('is refused where its id is that of somebody else’s message', async () => {
      const door = await open(fixture.services);
      const [id = ''] = door.ids ?? [];
      const other = { id, conversationId: newId(), text: 'not that one' };
      await onMessageSend({ type: 'message.send', ...other }, clientSocket(fixture.services));
      await expect(door.say('a', id)).rejects.toMatchObject({ code: 'id_conflict' });
      expect((await fixture.store.getMessage(id))?.message.text).toBe('not that one');
    });

    it('is stopped by a stop that comes before it is stored', async () => {
      const { services } = fixture;
      const [asked, stored] = [gate(), gate()];
      const door = await open({
        ...services,
        store: {
          ...services.store,
          async apply(event) {
            if (event.type === 'submitted') {
              asked.open();
              await stored.opened;
            }
            return services.store.apply(event);
          },
        },
      });
      const [id = ''] = door.ids ?? [];
      // Told why there will be no answer, where it waits for one.
      const saying = Promise.allSettled([door.say('a', id)]);
      await asked.opened;
      const stopping = door.stop?.(id);
      await aWhile();
      stored.open();
      await Promise.all([saying, stopping]);
      expect((await fixture.store.getMessage(id))?.status).toMatchObject({
        status: 'failed',
        error: { code: 'cancelled' },
      });
    });
  });
});

describe('a message of a connection', () => {
  const send = async (
    to: ClientSocket,
    text: string,
    conversationId: string,
    id = newId(),
  ): Promise<string> => {
    await onMessageSend({ type: 'message.send', id, conversationId, text }, to);
    return id;
  };
  const typesTo = ({ sent }: { sent: ServerFrame[] }): string[] => sent.map(({ type }) => type);

  it('is acknowledged before it is shown, and shown to its sender too', async () => {
    const writer = clientSocket(fixture.services);
    const conversationId = newId();
    for (const text of ['one', 'two']) await send(writer, text, conversationId);
    await eventually(() => expect(typesTo(writer)).toHaveLength(4));
    const seqs = writer.sent.flatMap((frame) => (frame.type === 'message' ? [frame.message.seq] : []));
    expect(seqs).toEqual([1, 2]);
    expect(writer.sent[0]).not.toHaveProperty('message');
    for (const seq of [1, 2]) {
      const ack = writer.sent.findIndex((frame) => frame.type === 'ack' && frame.seq === seq);
      const shown = writer.sent.findIndex((frame) => frame.type === 'message' && frame.message.seq === seq);
      expect(ack).toBeLessThan(shown);
    }
  });

  it('comes with its acknowledgement to a client of version 2, and to the others as ever', async () => {
    const [writer, reader] = [clientSocket(fixture.services, 2), clientSocket(fixture.services, 2)];
    const conversationId = newId();
    reader.conversations.follow(conversationId, 0);
    await aWhile();
    for (const text of ['one', 'two', 'three']) {
      await send(writer, text, conversationId);
      await aWhile();
    }
    expect(writer.sent.map((frame) => frame.type === 'ack' && frame.message?.text)).toEqual([
      'one',
      'two',
      'three',
    ]);
    await eventually(() => expect(typesTo(reader)).toEqual(['message', 'message', 'message']));
    await send(reader, 'four', conversationId);
    await eventually(() =>
      expect(writer.sent.at(-1)).toMatchObject({ type: 'message', message: { seq: 4, text: 'four' } }),
    );
    expect(reader.sent.at(-1)).toMatchObject({ type: 'ack', message: { seq: 4 } });
  });

  it('comes by itself where an earlier one was not shown yet', async () => {
    const writer = clientSocket(fixture.services, 2);
    const conversationId = newId();
    // The first is being read from the store while the second is acknowledged.
    await fixture.accept('before', { conversationId });
    writer.conversations.follow(conversationId, 0);
    await send(writer, 'mine', conversationId);
    await eventually(() => expect(typesTo(writer)).toEqual(expect.arrayContaining(['ack', 'message'])));
    await aWhile();
    const isWithAck = writer.sent.some((frame) => frame.type === 'ack' && frame.message !== undefined);
    const shown = writer.sent.flatMap((frame) => {
      if (frame.type === 'ack' && frame.message !== undefined) return [frame.message.text];
      return frame.type === 'message' ? [frame.message.text] : [];
    });
    expect(shown).toEqual(['before', 'mine']);
    expect(isWithAck).toBe(typesTo(writer).indexOf('message') < typesTo(writer).indexOf('ack'));
  });

  it('is acknowledged again alone when it comes again', async () => {
    const writer = clientSocket(fixture.services, 2);
    const conversationId = newId();
    const id = await send(writer, 'one', conversationId);
    await send(writer, 'one', conversationId, id);
    expect(typesTo(writer)).toEqual(['ack', 'ack']);
    expect(writer.sent[1]).toEqual({ type: 'ack', id, conversationId, seq: 1 });
    // On another connection nothing was shown of it yet, nor of how it stands.
    const again = clientSocket(fixture.services, 2);
    const error = { code: 'agent_offline', message: 'It is gone.' } as const;
    await fail(fixture.store, { requestId: id, error, hops: [] });
    await send(again, 'one', conversationId, id);
    await eventually(() => expect(typesTo(again)).toEqual(['ack', 'message', 'message', 'message.status']));
  });
});
