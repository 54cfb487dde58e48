import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BusHealth, MessageBus } from '@parley/messaging';
import { eventually, gate } from '@parley/messaging/test-queue';
import { type ChatMessage, type MessageState, newId, type ServerFrame } from '@parley/shared-models';
import { makeServices, type ServicesFixture, silent } from '../testing/server-fixture.ts';
import { createTestReader, type TestReader } from '../testing/test-reader.ts';
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
      bus: bus ?? (await fixture.folder.open()),
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
  /** A frame from there reaches the reader: what was sent before it has arrived too, or never will. */
  const meet = (from: ConversationHub, to: TestReader, id = conversationId): Promise<void> =>
    eventually(() => {
      from.broadcast(id, { ...typing(), conversationId: id } as ServerFrame);
      if (framesOf(to, 'typing').length === 0) throw new Error('they do not know one another yet');
    });

  it('shows no state of a message behind its end, whichever server tells it late', async () => {
    const request = await accept();
    const other = await startOther(fixture.bus);
    hub.follow(reader, conversationId, 0);
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
    hub.follow(reader, conversationId, 0);
    hub.follow(second, conversationId, 0);
    hub.follow(bystander, newId(), 0);
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
    for (const each of [reader, writer]) hub.follow(each, conversationId, 0);
    hub.follow(bystander, newId(), 0);
    hub.broadcast(conversationId, typing(), writer);
    expect(reader.frames).toEqual([typing()]);
    expect([...writer.frames, ...bystander.frames]).toEqual([]);
  });

  it('starts over where a reader that follows says anew how far it is', async () => {
    for (const text of ['one', 'two']) await accept(text);
    hub.follow(reader, conversationId, 0);
    hub.follow(reader, conversationId, 1);
    await reader.messages(1);
    hub.deliver(await accept('three'));
    await reader.messages(2);
    expect(reader.seqs()).toEqual([2, 3]);
  });

  it('does not begin with a reader that has gone', async () => {
    reader.close();
    hub.follow(reader, conversationId, 0);
    expect(hub.isFollowing(reader, conversationId)).toBe(false);
    hub.broadcast(conversationId, typing());
    expect(reader.frames).toEqual([]);
  });

  it('shows a conversation no more to who has left it, and goes on with the others', async () => {
    const [second, elsewhere] = [createTestReader(), newId()];
    for (const id of [conversationId, elsewhere]) hub.follow(reader, id, 0);
    hub.follow(second, conversationId, 0);
    hub.unfollow(reader, conversationId);
    expect(hub.isFollowing(reader, conversationId)).toBe(false);
    hub.deliver(await accept());
    hub.deliver(await accept('over there', elsewhere));
    await Promise.all([reader.messages(1), second.messages(1)]);
    expect(reader.frames).toMatchObject([{ type: 'message', message: { conversationId: elsewhere } }]);
    hub.unfollowAll(reader);
    hub.deliver(await accept('and again', elsewhere));
    hub.broadcast(elsewhere, typing());
    expect(reader.frames).toHaveLength(1);
  });

  it('shows the pieces and the typing of an agent, whichever server it is at', async () => {
    const other = await startOther();
    const there = createTestReader();
    hub.follow(reader, conversationId, 0);
    other.follow(there, conversationId, 0);
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
    const messageId = newId();
    const grow = (index: number, text: string): void =>
      fixture.bus.signal({
        type: 'chat.delta',
        key: conversationId,
        body: Buffer.from(
          JSON.stringify({ messageId, conversationId, agentId: 'echo', inReplyTo: newId(), index, text }),
        ),
      });
    const growsTo = (of: TestReader, text: string): Promise<void> =>
      eventually(() =>
        expect(framesOf(of, 'message.delta').at(-1)).toMatchObject({ messageId, from: 0, text }),
      );
    const heard = (of: TestReader, count: number): Promise<void> =>
      eventually(() => expect(framesOf(of, 'message.delta')).toHaveLength(count));

    it('gives it from its beginning to who opens the conversation, also when nobody had it open', async () => {
      hub.follow(reader, conversationId, 0);
      const other = await startOther();
      await meet(other, reader);
      grow(0, 'You ');
      await heard(reader, 1);
      hub.unfollowAll(reader);
      grow(1, 'have ');
      // Signals of one sender keep their order.
      const later = createTestReader();
      await eventually(() => {
        hub.follow(later, conversationId, 0);
        expect(framesOf(later, 'message.delta').at(-1)).toMatchObject({ index: 1, text: 'You have ' });
      });
      grow(2, '1,200 €');
      await eventually(() =>
        expect(framesOf(later, 'message.delta').at(-1)).toMatchObject({ index: 2, text: '1,200 €' }),
      );
    });

    it('gives it to who opens the conversation at another server', async () => {
      hub.follow(reader, conversationId, 0);
      const other = await startOther();
      await meet(other, reader);
      grow(0, 'You ');
      grow(1, 'have ');
      await heard(reader, 2);
      const there = createTestReader();
      other.follow(there, conversationId, 0);
      await growsTo(there, 'You have ');
    });

    it('gives no more of it when it is there', async () => {
      hub.follow(reader, conversationId, 0);
      const other = await startOther();
      await meet(other, reader);
      grow(0, 'You ');
      await heard(reader, 1);
      hub.deliver({ ...(await accept()), id: messageId });
      const later = createTestReader();
      hub.follow(later, conversationId, 0);
      await later.messages(1);
      expect(framesOf(later, 'message.delta')).toEqual([]);
    });
  });

  it('drops a signal that is malformed and goes on', async () => {
    hub.follow(reader, conversationId, 0);
    const other = await startOther();
    await meet(other, reader);
    for (const body of ['{"oops', '{"serverId":1}', '[]'])
      fixture.bus.signal({ type: 'frame', key: conversationId, body: Buffer.from(body) });
    hub.deliver(await accept());
    other.broadcast(conversationId, typing(false));
    await eventually(() => expect(reader.frames).toContainEqual(typing(false)));
  });

  describe('beside another server', () => {
    it('shows at once, in order and once what was stored there', async () => {
      const other = await startOther();
      hub.follow(reader, conversationId, 0);
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
      other.follow(reader, conversationId, 0);
      await Promise.all([asked.opened, reader.messages(1)]);
      hub.deliver(await accept('meanwhile'));
      bound.open();
      await reader.messages(2);
      expect(reader.seqs()).toEqual([1, 2]);
    });

    it('gives its own readers a fleeting frame once', async () => {
      const other = await startOther();
      const there = createTestReader();
      hub.follow(reader, conversationId, 0);
      other.follow(there, conversationId, 0);
      await meet(hub, there);
      hub.broadcast(conversationId, typing(false));
      await eventually(() => expect(there.frames).toContainEqual(typing(false)));
      // What comes from there now has passed the same way, after it.
      other.broadcast(conversationId, typing());
      const before = framesOf(reader, 'typing').length;
      await eventually(() => {
        other.broadcast(conversationId, typing());
        expect(framesOf(reader, 'typing').length).toBeGreaterThan(before);
      });
      expect(reader.frames.filter((frame) => frame.type === 'typing' && !frame.isTyping)).toHaveLength(1);
    });

    it('shows what a server stored before it knew that this one is there', async () => {
      hub.follow(reader, conversationId, 0);
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
      other.follow(reader, conversationId, 0);
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
      other.follow(reader, conversationId, 0);
      hub.deliver(await accept('before'));
      await reader.messages(1);
      // They have met, and what catches up at that is over.
      await meet(hub, reader);
      await accept('its signal was dropped');
      await reader.messages(2);
      expect(reader.seqs()).toEqual([1, 2]);
    });

    it('shows nothing more of a conversation that its last reader has left, and all of it when one is back', async () => {
      const other = await startOther();
      hub.follow(reader, conversationId, 0);
      await meet(other, reader);
      hub.unfollow(reader, conversationId);
      other.deliver(await accept());
      hub.follow(reader, conversationId, 0);
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
