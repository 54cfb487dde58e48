import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ChatMessage, newId } from '@parley/shared-models';
import type { Store } from '@parley/store';
import { fail } from '@parley/store/testing';
import { makeServices, type ServicesFixture, silent } from '../../testing/server-fixture.ts';
import { createTestReader, type TestReader } from '../../testing/test-reader.ts';
import { conversationFrame, createFollower, type Follower } from './follower.ts';

describe('a follower', () => {
  let fixture: ServicesFixture;
  let conversationId: string;
  let reader: TestReader;
  let followers: Follower[];

  beforeEach(async () => {
    fixture = await makeServices();
    conversationId = newId();
    reader = createTestReader();
    followers = [];
  });
  afterEach(async () => {
    for (const follower of followers) follower.stop();
    await fixture.remove();
  });

  const follow = (afterSeq = 0, store: Store = fixture.store): Follower => {
    const follower = createFollower({ reader, conversationId, afterSeq, store, logger: silent });
    followers.push(follower);
    return follower;
  };
  const accept = async (count: number): Promise<ChatMessage[]> => {
    const messages: ChatMessage[] = [];
    for (let number = 0; number < count; number++)
      messages.push(await fixture.accept(`number ${number}`, { conversationId }));
    return messages;
  };
  const tell = (follower: Follower, message: ChatMessage): void =>
    follower.onFrame(conversationFrame({ type: 'message', message }));
  const range = (from: number, to: number): number[] =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);

  /** The store, with each reading of messages held until the test lets it go on. */
  const heldStore = () => {
    const asked: (() => void)[] = [];
    let wake: (() => void) | undefined;
    const store: Store = {
      ...fixture.store,
      async listMessages(...query) {
        const page = await fixture.store.listMessages(...query);
        await new Promise<void>((resolve) => {
          asked.push(resolve);
          wake?.();
        });
        return page;
      },
    };
    return {
      store,
      /** Resolves when a page has been read; returns a function that lets it through. */
      async read(): Promise<() => void> {
        for (;;) {
          const next = asked.shift();
          if (next !== undefined) return next;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      },
    };
  };

  it('sends first what its reader has missed, over many pages', async () => {
    await accept(450);
    follow(20);
    await reader.messages(430);
    expect(reader.seqs()).toEqual(range(21, 450));
  });

  it('tells no state behind a later one that came while it read', async () => {
    const [message] = await accept(1);
    if (message === undefined) throw new Error('there is no message');
    await fixture.give(message, 'finance');
    const held = heldStore();
    const follower = follow(0, held.store);
    const goOn = await held.read();
    const { status } = (await fixture.store.getMessage(message.id)) ?? {};
    if (status === undefined) throw new Error('it has no state');
    expect(status.status).toBe('routed');
    follower.onFrame(conversationFrame({ type: 'message.status', ...status, status: 'delivered' }));
    goOn();
    await reader.messages(1);
    await accept(1);
    follower.catchUp();
    (await held.read())();
    await reader.messages(2);
    const states = reader.frames.flatMap((frame) => (frame.type === 'message.status' ? [frame.status] : []));
    expect(states).toEqual(['routed', 'delivered']);
  });

  it('tells a state that it did not hear of from the page that was read after it', async () => {
    const message = (await accept(201)).at(-1);
    if (message === undefined) throw new Error('there is no message');
    const held = heldStore();
    const follower = follow(0, held.store);
    const goOn = await held.read();
    const { status } = (await fixture.store.getMessage(message.id)) ?? {};
    if (status === undefined) throw new Error('it has no state');
    follower.onFrame(conversationFrame({ type: 'message.status', ...status }));
    await fixture.give(message, 'finance');
    goOn();
    (await held.read())();
    await accept(1);
    follower.catchUp();
    (await held.read())();
    await reader.messages(202);
    const states = reader.frames.flatMap((frame) => (frame.type === 'message.status' ? [frame.status] : []));
    expect(states).toEqual(['accepted', 'routed']);
  });

  it('tells no state behind a later one that came before its message was read', async () => {
    await accept(1);
    const held = heldStore();
    const follower = follow(0, held.store);
    const goOn = await held.read();
    const [message] = await accept(1);
    if (message === undefined) throw new Error('there is no message');
    tell(follower, message);
    await fixture.give(message, 'finance');
    const { status } = (await fixture.store.getMessage(message.id)) ?? {};
    if (status === undefined) throw new Error('it has no state');
    follower.onFrame(conversationFrame({ type: 'message.status', ...status, status: 'delivered' }));
    goOn();
    (await held.read())();
    await reader.messages(2);
    await accept(1);
    follower.catchUp();
    (await held.read())();
    await reader.messages(3);
    const states = reader.frames.flatMap((frame) => (frame.type === 'message.status' ? [frame.status] : []));
    expect(states).toEqual(['routed', 'delivered']);
  });

  it('sends nothing before it has caught up: older messages come first', async () => {
    const [, second] = await accept(2);
    const follower = follow();
    if (second !== undefined) tell(follower, second);
    expect(reader.frames).toEqual([]);
    await reader.messages(2);
    expect(reader.seqs()).toEqual([1, 2]);
  });

  it('sends the next message as it was told, without asking the store', async () => {
    let reads = 0;
    const store: Store = {
      ...fixture.store,
      listMessages: (...query) => {
        reads += 1;
        return fixture.store.listMessages(...query);
      },
    };
    await accept(1);
    const follower = follow(0, store);
    await reader.messages(1);
    const messages = await accept(3);
    for (const message of messages) {
      tell(follower, message);
      expect(reader.seqs()).toEqual(range(1, message.seq));
    }
    // Told again of a message that it has sent, it has nothing to ask either.
    for (const message of messages) tell(follower, message);
    expect(reads).toBe(1);
  });

  it('sends nothing twice', async () => {
    const messages = await accept(3);
    const follower = follow();
    await reader.messages(3);
    for (const message of messages) tell(follower, message);
    follower.catchUp();
    const [last] = await accept(1);
    if (last !== undefined) tell(follower, last);
    await reader.messages(4);
    expect(reader.seqs()).toEqual([1, 2, 3, 4]);
  });

  it('fetches what lies before a message that is not the next one', async () => {
    await accept(1);
    const follower = follow();
    await reader.messages(1);
    const later = (await accept(3)).at(-1);
    if (later !== undefined) tell(follower, later);
    await reader.messages(4);
    expect(reader.seqs()).toEqual([1, 2, 3, 4]);
  });

  it('reads up to a seq only where it has not sent the message yet', async () => {
    await accept(2);
    const follower = follow();
    await reader.messages(2);
    await accept(1);
    follower.catchUpTo(2);
    // A turn of the event loop, and a read, would have brought the third.
    await fixture.store.listMessages(conversationId, { limit: 200 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(reader.seqs()).toEqual([1, 2]);
    follower.catchUpTo(3);
    await reader.messages(3);
    expect(reader.seqs()).toEqual([1, 2, 3]);
  });

  it('misses nothing that is stored while it reads, however often', async () => {
    await accept(1);
    const held = heldStore();
    const follower = follow(0, held.store);
    for (let round = 0; round < 3; round++) {
      const release = await held.read();
      const [fresh] = await accept(1);
      if (fresh !== undefined) tell(follower, fresh);
      release();
    }
    (await held.read())();
    await reader.messages(4);
    expect(reader.seqs()).toEqual([1, 2, 3, 4]);
  });

  it('tells what became of the messages it shows, and of the older one that a missed reply answers', async () => {
    const [request, ...others] = await accept(3);
    const ended = others[1];
    if (request === undefined || ended === undefined) throw new Error('three were accepted');
    for (const { id } of [request, ended]) {
      const error = { code: 'agent_offline', message: 'It is gone.' } as const;
      await fail(fixture.store, { requestId: id, error, hops: [] });
    }
    follow(2);
    await reader.messages(3);
    await reader.status(request.id, 'failed');
    await reader.status(ended.id, 'failed');
    const states = reader.frames.filter((frame) => frame.type === 'message.status');
    // That a message was accepted is said by the message itself.
    expect(states).toHaveLength(2);
  });

  it('waits in a long history for its reader to take what was sent', async () => {
    const text = 'x'.repeat(20_000);
    for (let number = 0; number < 12; number++) await fixture.accept(text, { conversationId });
    const waits: (() => void)[] = [];
    reader = createTestReader(() => new Promise((resolve) => waits.push(resolve)));
    follow();
    await reader.messages(4);
    // The store had all twelve in the page; a turn of the event loop would have sent them.
    await fixture.store.listMessages(conversationId, { limit: 200 });
    expect(reader.seqs()).toEqual(range(1, 4));
    for (let sent = 4; sent < 12; sent += 4) {
      waits.shift()?.();
      await reader.messages(sent + 4);
      expect(reader.seqs()).toEqual(range(1, sent + 4));
    }
  });

  it.each(['listMessages', 'getMessage'] as const)(
    'tries again when the store failed in %s',
    async (name) => {
      const [request] = await accept(1);
      if (request === undefined) throw new Error('one was accepted');
      const error = { code: 'agent_offline', message: 'It is gone.' } as const;
      await fail(fixture.store, { requestId: request.id, error, hops: [] });
      let failures = 1;
      const failing =
        <A extends unknown[], R>(call: (...given: A) => Promise<R>) =>
        (...given: A): Promise<R> =>
          failures-- > 0 ? Promise.reject(new Error('away')) : call(...given);
      const store: Store = {
        ...fixture.store,
        [name]: failing(fixture.store[name] as () => Promise<unknown>),
      };
      follow(1, store);
      await reader.status(request.id, 'failed');
      expect(reader.seqs()).toEqual([2]);
    },
  );

  it('sends nothing once it was stopped, though it was reading', async () => {
    await accept(1);
    const held = heldStore();
    const follower = follow(0, held.store);
    const release = await held.read();
    follower.stop();
    release();
    const [next] = await accept(1);
    if (next !== undefined) tell(follower, next);
    follower.catchUp();
    await fixture.store.listMessages(conversationId, { limit: 200 });
    expect(reader.frames).toEqual([]);
  });
});
