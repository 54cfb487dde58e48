import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createClient, createHttpApi, type FetchLike } from '@parley/client';
import { type ChatMessage, type MessagePage, type MessageState, newId } from '@parley/shared-models';
import { createStore, type StoreApi } from 'zustand/vanilla';
import { type AppState, initialState } from './app-state.ts';
import type { Thread } from './thread.ts';
import { createThreadLoader, type ThreadLoader } from './thread-loader.ts';

const createdAt = '2026-03-10T09:00:00.000Z';
const user = { id: 'u', name: 'U', roles: ['member' as const] };

describe('loading a conversation', () => {
  let id: string;
  let message: ChatMessage;
  let store: StoreApi<AppState>;
  let loader: ThreadLoader;
  let requests: PromiseWithResolvers<MessagePage>[];
  let onRequest: () => void;

  beforeEach(() => {
    id = newId();
    message = {
      id: newId(),
      conversationId: id,
      seq: 1,
      kind: 'TEXT',
      sender: { kind: 'user', id: user.id, name: user.name },
      text: 'hello',
      createdAt,
    };
    requests = [];
    onRequest = () => undefined;
    const fetch: FetchLike = async () => {
      const request = Promise.withResolvers<MessagePage>();
      requests.push(request);
      onRequest();
      const page = await request.promise;
      return { ok: true, status: 200, text: async () => JSON.stringify(page) };
    };
    store = createStore<AppState>()(() => ({
      ...initialState({}),
      conversations: {
        [id]: {
          id,
          ownerId: user.id,
          title: 'hello',
          createdAt,
          updatedAt: createdAt,
          lastSeq: 1,
          preview: 'hello',
        },
      },
      welcome: {
        type: 'welcome',
        connectionId: newId(),
        user,
        serverTime: createdAt,
        heartbeatMs: 30_000,
        queue: 'embedded',
        languageModel: 'offline rules',
      },
    }));
    const client = createClient({ url: 'ws://127.0.0.1:9', clientName: 'test' });
    loader = createThreadLoader(client, createHttpApi({ fetch }), store);
  });

  const page = (status: MessageState): MessagePage => ({
    messages: [message],
    statuses: [{ messageId: message.id, conversationId: id, status, hops: [] }],
    hasMore: false,
  });

  /** The request with this number, which is held until the test settles it. */
  async function request(number: number): Promise<PromiseWithResolvers<MessagePage>> {
    for (;;) {
      const found = requests[number - 1];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        onRequest = resolve;
      });
    }
  }

  function until(condition: (thread: Thread) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = ({ threads }: AppState): void => {
        const thread = threads[id];
        if (thread !== undefined && condition(thread)) resolve();
      };
      store.subscribe(look);
      look(store.getState());
    });
  }

  const isReady = ({ loading }: Thread): boolean => loading.phase === 'ready';

  it('begins again when it failed and there was a new connection meanwhile', async () => {
    loader.open(id);
    const hanging = await request(1);
    loader.refreshAll();
    expect(requests).toHaveLength(1);
    hanging.reject(new Error('gone'));
    (await request(2)).resolve(page('answered'));
    await until(isReady);
    expect(store.getState().threads[id]?.messages).toHaveLength(1);
  });

  it('begins again when it read a state that may have changed before the new connection', async () => {
    loader.open(id);
    const early = await request(1);
    loader.refreshAll();
    early.resolve(page('delivered'));
    (await request(2)).resolve(page('answered'));
    await until(({ statuses }) => statuses[message.id]?.status === 'answered');
  });

  it('is done once when nothing can have changed since', async () => {
    loader.open(id);
    const early = await request(1);
    loader.refreshAll();
    early.resolve(page('answered'));
    await until(isReady);
    // A further loading would begin before the event loop turns.
    await setImmediate();
    expect(requests).toHaveLength(1);
  });
});
