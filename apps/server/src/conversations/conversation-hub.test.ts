import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BusHealth, MessageBus } from '@parley/messaging';
import { eventually, gate } from '@parley/messaging/test-queue';
import {
  type ChatMessage,
  type MessageState,
  newId,
  type ServerFrame,
  SIGNAL_KEYS,
} from '@parley/shared-models';
import { makeServices, type ServicesFixture, silent } from '../../testing/server-fixture.ts';
import { createTestReader, type TestReader } from '../../testing/test-reader.ts';
import { type ConversationHub, createConversationHub } from './conversation-hub.ts';

describe('the conversations of a server', () => {
  let fixture: ServicesFixture;
  let hub: ConversationHub;
  let conversationId: string;
  let reader: TestReader;
  let others: ConversationHub[];

  beforeEach(async () => {
    fixture = await makeServices();
    hub = fixture.services.hub;
    conversationId = newId();
    reader = createTestReader();
    others = [];
  });
  afterEach(async () => {
    await Promise.all(others.map((other) => other.stop()));
    await fixture.remove();
  });

  const accept = (text = 'hello', id = conversationId): Promise<ChatMessage> =>
    fixture.accept(text, { conversationId: id });
  /** The hub of another server on the same store and queue. */
  const startOther = async (bus?: MessageBus, lookMs = 60_000): Promise<ConversationHub> => {
    const other = await createConversationHub({
      serverId: newId(),
      store: fixture.store,
      bus: bus ?? fixture.bus,
      logger: silent,
      lookMs,
    });
    others.push(other);
    return other;
  };
  const typing = (isTyping = true): ServerFrame => ({
    type: 'typing',
    conversationId,
    by: { kind: 'user', id: 'local', name: 'You' },
    isTyping,
  });
  const framesOf = (of: TestReader, type: ServerFrame['type']): ServerFrame[] =>
    of.frames.filter((frame) => frame.type === type);
  /** A frame from there reaches the reader: all frames before it have arrived too, or never will. */
  const meet = (from: ConversationHub, to: TestReader, id = conversationId): Promise<void> =>
    eventually(() => {
      from.broadcast(id, { ...typing(), conversationId: id } as ServerFrame);
      if (framesOf(to, 'typing').length === 0) throw new Error('they do not know one another yet');
    });

  it('shows no state of a message behind its end, whichever server tells it late', async () => {
    const request = await accept();
    const other = await startOther(fixture.bus);
    reader.follow(hub, conversationId);
    const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
    const tell = (from: ConversationHub, status: MessageState, second = 1): void =>
      from.broadcast(conversationId, {
        type: 'message.status',
        messageId: request.id,
        conversationId,
        status,
        hops: [{ service: 'server', at: at(second) }],
      });
    const told = (): MessageState[] =>
      reader.frames.flatMap((frame) => (frame.type === 'message.status' ? [frame.status] : []));
    await meet(other, reader);
    tell(hub, 'routed');
    tell(hub, 'dead_lettered');
    tell(other, 'delivered');
    // An operator replays it.
    tell(other, 'routed', 2);
    tell(other, 'answered', 2);
    tell(other, 'delivered', 2);
    tell(other, 'answered', 2);
    await eventually(() => expect(told().filter((status) => status === 'answered')).toHaveLength(2));
    expect(told()).toEqual(['routed', 'dead_lettered', 'routed', 'answered', 'answered']);
  });

  it('shows a stored message to all who follow, each once, and to nobody else', async () => {
    const [second, bystander] = [createTestReader(), createTestReader()];
    reader.follow(hub, conversationId);
    second.follow(hub, conversationId);
    bystander.follow(hub, newId());
    for (const text of ['one', 'two', 'three']) hub.deliver(await accept(text));
    await reader.messages(3);
    await second.messages(3);
    expect([reader.seqs(), second.seqs()]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(bystander.frames).toEqual([]);
  });

  it('gives a fleeting frame to all who follow but the one it came from', async () => {
    const [writer, bystander] = [createTestReader(), createTestReader()];
    reader.follow(hub, conversationId);
    const writing = writer.follow(hub, conversationId);
    bystander.follow(hub, newId());
    writing.tellOthers(typing());
    expect(reader.frames).toEqual([typing()]);
    expect([...writer.frames, ...bystander.frames]).toEqual([]);
  });

  it('shows a conversation no more to who has left it, and goes on with the others', async () => {
    const [second, elsewhere] = [createTestReader(), newId()];
    const here = reader.follow(hub, conversationId);
    const there = reader.follow(hub, elsewhere);
    second.follow(hub, conversationId);
    here.stop();
    hub.deliver(await accept());
    hub.deliver(await accept('over there', elsewhere));
    await Promise.all([reader.messages(1), second.messages(1)]);
    expect(reader.frames).toMatchObject([{ type: 'message', message: { conversationId: elsewhere } }]);
    there.stop();
    hub.deliver(await accept('and again', elsewhere));
    hub.broadcast(elsewhere, typing());
    expect(reader.frames).toHaveLength(1);
  });

  it('does not show a message that its reader has from elsewhere, where that is the next one', async () => {
    const subscription = reader.follow(hub, conversationId);
    hub.deliver(await accept('one'));
    await reader.messages(1);
    const [two, three] = [await accept('two'), await accept('three')];
    expect(subscription.countAsTold(three.seq)).toBe(false);
    expect(subscription.countAsTold(two.seq)).toBe(true);
    for (const message of [two, three]) hub.deliver(message);
    await reader.messages(2);
    expect(reader.seqs()).toEqual([1, 3]);
  });

  it('encodes a frame once for all who send it on, and not for those who only read it', async () => {
    const texts = new Set<string>();
    let encoded = 0;
    const toJSON = () => {
      encoded += 1;
      return [encoded];
    };
    const counted = { ...typing(), toJSON };
    const options = { conversationId, afterSeq: 0 };
    hub.follow({ ...options, onFrame: ({ frame }) => expect(frame).toBe(counted) });
    hub.broadcast(conversationId, counted);
    expect(encoded).toBe(0);
    for (let number = 0; number < 3; number++)
      hub.follow({ ...options, onFrame: ({ text }) => texts.add(text) });
    hub.broadcast(conversationId, counted);
    expect([...texts]).toEqual(['[1]']);
  });

  it('shows the pieces and the typing of an agent, whichever server it is at', async () => {
    const other = await startOther();
    const there = createTestReader();
    reader.follow(hub, conversationId);
    there.follow(other, conversationId);
    await meet(hub, there);
    const delta = {
      messageId: newId(),
      conversationId,
      agentId: 'echo',
      index: 0,
      text: 'a piece',
      inReplyTo: newId(),
    };
    const by = { kind: 'agent', id: 'echo', name: 'Echo' };
    const signals = [
      ['chat.delta', delta],
      ['chat.typing', { conversationId, by, isTyping: true }],
    ] as const;
    for (const [type, body] of signals)
      fixture.bus.signal({ type, key: conversationId, body: Buffer.from(JSON.stringify(body)) });
    for (const each of [reader, there]) {
      await eventually(() => {
        expect(each.frames).toContainEqual({ type: 'message.delta', ...delta });
        expect(each.frames).toContainEqual({ type: 'typing', conversationId, by, isTyping: true });
      });
    }
  });

  describe('with a reply that grows', () => {
    const [messageId, requestId] = [newId(), newId()];
    const grow = (index: number, text: string): void =>
      fixture.bus.signal({
        type: 'chat.delta',
        key: conversationId,
        body: Buffer.from(
          JSON.stringify({ messageId, conversationId, agentId: 'echo', inReplyTo: requestId, index, text }),
        ),
      });
    const growsTo = (of: TestReader, text: string): Promise<void> =>
      eventually(() =>
        expect(framesOf(of, 'message.delta').at(-1)).toMatchObject({ messageId, from: 0, text }),
      );
    const heard = (of: TestReader, count: number): Promise<void> =>
      eventually(() => expect(framesOf(of, 'message.delta')).toHaveLength(count));

    it('gives it from its beginning to who opens the conversation, also when nobody had it open', async () => {
      const subscription = reader.follow(hub, conversationId);
      const other = await startOther();
      await meet(other, reader);
      grow(0, 'You ');
      await heard(reader, 1);
      subscription.stop();
      grow(1, 'have ');
      // Signals of one sender keep their order.
      const later = createTestReader();
      await eventually(() => {
        later.follow(hub, conversationId);
        expect(framesOf(later, 'message.delta').at(-1)).toMatchObject({ index: 1, text: 'You have ' });
      });
      grow(2, '1,200 €');
      await eventually(() =>
        expect(framesOf(later, 'message.delta').at(-1)).toMatchObject({ index: 2, text: '1,200 €' }),
      );
    });

    it('gives it to who opens the conversation at another server', async () => {
      reader.follow(hub, conversationId);
      const other = await startOther();
      await meet(other, reader);
      grow(0, 'You ');
      grow(1, 'have ');
      await heard(reader, 2);
      const there = createTestReader();
      there.follow(other, conversationId);
      await growsTo(there, 'You have ');
    });

    it('is known to grow while pieces of it come, and not for what another server heard before', async () => {
      reader.follow(hub, conversationId);
      const other = await startOther();
      await meet(other, reader);
      grow(0, 'You ');
      await heard(reader, 1);
      const stop = new AbortController();
      const quiet = other.growingIn([conversationId, newId()], 600_000, stop.signal);
      const there = createTestReader();
      there.follow(other, conversationId);
      await growsTo(there, 'You ');
      stop.abort();
      expect([...(await quiet)]).toEqual([]);
      const next = new AbortController();
      const growing = other.growingIn([conversationId], 600_000, next.signal);
      grow(1, 'have ');
      await heard(there, framesOf(there, 'message.delta').length + 1);
      next.abort();
      expect([...(await growing)]).toEqual([requestId]);
    });

    it('gives no more of it when it is there', async () => {
      reader.follow(hub, conversationId);
      const other = await startOther();
      await meet(other, reader);
      grow(0, 'You ');
      await heard(reader, 1);
      hub.deliver({ ...(await accept()), id: messageId });
      const later = createTestReader();
      later.follow(hub, conversationId);
      await later.messages(1);
      expect(framesOf(later, 'message.delta')).toEqual([]);
    });
  });

  it('drops a signal that is malformed and goes on', async () => {
    reader.follow(hub, conversationId);
    const other = await startOther();
    await meet(other, reader);
    for (const body of ['{"oops', '{"serverId":1}', '[]'])
      fixture.bus.signal({ type: 'frame', key: conversationId, body: Buffer.from(body) });
    hub.deliver(await accept());
    other.broadcast(conversationId, typing(false));
    await eventually(() => expect(reader.frames).toContainEqual(typing(false)));
  });

  describe('with a message that ends its request', () => {
    const tellEnd = async (from: ConversationHub): Promise<{ request: ChatMessage; reply: ChatMessage }> => {
      const request = await accept();
      const reply: ChatMessage = {
        ...request,
        id: newId(),
        seq: request.seq + 1,
        kind: 'REPLY',
        inReplyTo: request.id,
      };
      from.deliver(request);
      from.deliver(reply, { messageId: request.id, conversationId, status: 'answered', hops: [] });
      return { request, reply };
    };

    it('tells both as one, and apart to a client of version 1', async () => {
      const together: ServerFrame[] = [];
      hub.follow({ conversationId, afterSeq: 0, onFrame: ({ frame }) => together.push(frame) });
      reader.follow(hub, conversationId);
      hub.deliver(await accept());
      await reader.messages(1);
      const { request, reply } = await tellEnd(hub);
      expect(together.slice(1)).toEqual([
        { type: 'message', message: request },
        { type: 'message', message: reply, status: { status: 'answered', hops: [] } },
      ]);
      expect(reader.frames.slice(1)).toEqual([
        { type: 'message', message: request },
        { type: 'message', message: reply },
        { type: 'message.status', messageId: request.id, conversationId, status: 'answered', hops: [] },
      ]);
    });

    it('tells the end also to whoever has read the message from the store before', async () => {
      const request = await accept();
      await accept('stands for the reply');
      reader.follow(hub, conversationId);
      await reader.messages(2);
      const reply: ChatMessage = { ...request, seq: 2, kind: 'REPLY', inReplyTo: request.id };
      hub.deliver(reply, { messageId: request.id, conversationId, status: 'answered', hops: [] });
      await reader.status(request.id, 'answered');
      expect(reader.seqs()).toEqual([1, 2]);
    });

    it.each([
      ['as one to a server that reads it so', 2, ['message', 'message']],
      ['apart to one of an earlier version', undefined, ['message', 'message', 'message.status']],
    ])('signals both %s', async (_, frames, types) => {
      const signalled: ServerFrame[] = [];
      const serverId = newId();
      const subscription = await fixture.bus.subscribe(`server_fanout_${serverId}`, ({ type, body }) => {
        if (type === 'frame') signalled.push(JSON.parse(Buffer.from(body).toString()).frame);
      });
      await subscription.bind(conversationId);
      const here = { serverId, knows: [], ...(frames === undefined ? {} : { frames }) };
      await eventually(async () => {
        fixture.bus.signal({
          type: 'server.here',
          key: SIGNAL_KEYS.servers,
          body: Buffer.from(JSON.stringify(here)),
        });
        hub.broadcast(conversationId, typing());
        expect(signalled).toContainEqual(typing());
      });
      await tellEnd(hub);
      hub.broadcast(conversationId, typing(false));
      await eventually(() => expect(signalled).toContainEqual(typing(false)));
      expect(signalled.flatMap(({ type }) => (type === 'typing' ? [] : [type]))).toEqual(types);
      await subscription.close();
    });
  });

  describe('beside another server', () => {
    it('shows at once, in order and once what was stored there', async () => {
      const other = await startOther();
      reader.follow(hub, conversationId);
      await meet(other, reader);
      for (let number = 0; number < 20; number++) {
        const message = await accept(`number ${number}`);
        (number % 3 === 0 ? hub : other).deliver(message);
      }
      await reader.messages(20);
      expect(reader.seqs()).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    });

    it('shows what was stored there before the signals of the conversation arrived here', async () => {
      const [asked, bound] = [gate(), gate()];
      const { bus } = fixture;
      const slow: MessageBus = {
        ...bus,
        async subscribe(...subscribing) {
          const subscription = await bus.subscribe(...subscribing);
          return {
            ...subscription,
            async bind(key) {
              if (key === conversationId) {
                asked.open();
                await bound.opened;
              }
              await subscription.bind(key);
            },
          };
        },
      };
      await accept('before');
      const other = await startOther(slow);
      reader.follow(other, conversationId);
      await Promise.all([asked.opened, reader.messages(1)]);
      hub.deliver(await accept('meanwhile'));
      bound.open();
      await reader.messages(2);
      expect(reader.seqs()).toEqual([1, 2]);
    });

    it('asks for the signals of a conversation while those of another are not bound yet', async () => {
      const [asked, bound, slowId] = [gate(), gate(), newId()];
      const { bus } = fixture;
      const slow: MessageBus = {
        ...bus,
        async subscribe(...subscribing) {
          const subscription = await bus.subscribe(...subscribing);
          return {
            ...subscription,
            async bind(key) {
              if (key === slowId) await bound.opened;
              await subscription.bind(key);
              if (key === conversationId) asked.open();
            },
          };
        },
      };
      const other = await startOther(slow);
      createTestReader().follow(other, slowId);
      reader.follow(other, conversationId);
      await asked.opened;
      bound.open();
    });

    it('gives its own readers a fleeting frame once', async () => {
      const other = await startOther();
      const there = createTestReader();
      reader.follow(hub, conversationId);
      there.follow(other, conversationId);
      await meet(hub, there);
      hub.broadcast(conversationId, typing(false));
      await eventually(() => expect(there.frames).toContainEqual(typing(false)));
      // Later frames from there take the same way, behind it.
      other.broadcast(conversationId, typing());
      const before = framesOf(reader, 'typing').length;
      await eventually(() => {
        other.broadcast(conversationId, typing());
        expect(framesOf(reader, 'typing').length).toBeGreaterThan(before);
      });
      expect(reader.frames.filter((frame) => frame.type === 'typing' && !frame.isTyping)).toHaveLength(1);
    });

    it('shows what a server stored before it knew that this one is there', async () => {
      reader.follow(hub, conversationId);
      hub.deliver(await accept('here'));
      await reader.messages(1);
      // Stored by a server that nobody here has heard of.
      await accept('there');
      await startOther();
      await reader.messages(2);
      expect(reader.seqs()).toEqual([1, 2]);
    });

    it('shows what was stored there while the queue was away, as soon as it is back', async () => {
      const listeners = new Set<(health: BusHealth) => void>();
      const { bus } = fixture;
      const watched: MessageBus = {
        ...bus,
        onHealth(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      };
      const other = await startOther(watched);
      reader.follow(other, conversationId);
      other.deliver(await accept('before'));
      await reader.messages(1);
      await accept('meanwhile');
      for (const listener of listeners) listener({ ...bus.health(), state: 'up' });
      await reader.messages(2);
      expect(reader.seqs()).toEqual([1, 2]);
      await other.stop();
      expect(listeners.size).toBe(0);
    });

    it('shows what was stored there and told by a signal that was lost, with no word from the queue', async () => {
      const other = await startOther(undefined, 50);
      reader.follow(other, conversationId);
      hub.deliver(await accept('before'));
      await reader.messages(1);
      // They have met, and the catching up at that is over.
      await meet(hub, reader);
      await accept('its signal was dropped');
      await reader.messages(2);
      expect(reader.seqs()).toEqual([1, 2]);
    });

    it('shows nothing more of a conversation that its last reader has left, and all of it when one is back', async () => {
      const other = await startOther();
      const subscription = reader.follow(hub, conversationId);
      await meet(other, reader);
      subscription.stop();
      other.deliver(await accept());
      reader.follow(hub, conversationId);
      other.deliver(await accept());
      await reader.messages(2);
      expect(reader.seqs()).toEqual([1, 2]);
      // No catching up brings a fleeting frame: the conversation's signals arrive here.
      await eventually(() => {
        other.broadcast(conversationId, typing(false));
        expect(reader.frames).toContainEqual(typing(false));
      });
    });
  });
});
