import type { Client, HttpApi } from '@parley/client';
import { isTerminal, ParleyError } from '@parley/shared-models';
import type { StoreApi } from 'zustand/vanilla';
import type { AppState } from './app-state.ts';
import { withConversations } from './conversation-list.ts';
import { describeFailure } from './failures.ts';
import { emptyThread, hasOlder, lastSeqOf, type Thread, withPage } from './thread.ts';

export interface ThreadLoader {
  /** Loads the newest messages of the conversation, once, and follows it. */
  open(conversationId: string): void;
  /** Loads the newest messages again, after a failure or for changes without a connection. */
  reload(conversationId: string): void;
  loadOlder(conversationId: string): void;
  /** Marks a conversation that begins here as loaded. */
  begin(conversationId: string): void;
  /** After a reconnect: loads every conversation again that may be out of date. */
  refreshAll(): void;
}

const PAGE = 80;
/** Larger than any `seq`, and small enough for every store. */
const END = 2_147_483_647;

export function createThreadLoader(client: Client, http: HttpApi, store: StoreApi<AppState>): ThreadLoader {
  const { getState, setState } = store;
  const running = new Set<string>();
  /** Conversations whose loading began before the current connection: it may hang, or have read too early. */
  const outdated = new Set<string>();

  function change(id: string, update: (thread: Thread) => Thread): void {
    setState(({ threads }) => ({ threads: { ...threads, [id]: update(threads[id] ?? emptyThread) } }));
  }

  /** Starts `run` unless one with the same key is running. */
  function once(key: string, run: () => Promise<void>, onFailure: (error: unknown) => void): void {
    if (running.has(key)) return;
    running.add(key);
    run()
      .catch(onFailure)
      .finally(() => {
        running.delete(key);
        if (outdated.delete(key)) refresh(key);
      });
  }

  const isOnlyHere = (id: string): boolean =>
    getState().outbox.some(({ conversationId }) => conversationId === id) ||
    getState().refused.some(({ item }) => item.conversationId === id);

  function load(id: string): void {
    const fetchNewest = async () => {
      const page = await http.messages(id, { beforeSeq: END, limit: PAGE });
      change(id, (thread) => ({ ...withPage(thread, page), loading: { phase: 'ready' } }));
      const thread = getState().threads[id] ?? emptyThread;
      // A followed conversation continues from its last received message: the page may begin later.
      if (client.lastSeq(id) === undefined) client.open(id, lastSeqOf(thread));
      else client.open(id);
      if (getState().conversations[id] === undefined) {
        const conversation = await http.conversation(id);
        setState(({ conversations }) => ({
          conversations: withConversations(conversations, [conversation]),
        }));
      }
    };
    once(id, fetchNewest, (error) => {
      const isNew = error instanceof ParleyError && error.code === 'not_found' && isOnlyHere(id);
      change(id, (thread) =>
        isNew || thread.messages.length > 0
          ? { ...thread, loading: { phase: 'ready' } }
          : { ...thread, loading: { phase: 'failed', reason: describeFailure(error) } },
      );
    });
  }

  const hasUnsettled = ({ statuses, messages }: Thread, userId: string | undefined): boolean =>
    messages.some(
      ({ id, sender }) => sender.id === userId && !isTerminal(statuses[id]?.status ?? 'accepted'),
    );

  /** Loads the conversation again if it failed or may have changed. If it is being loaded, it is loaded again afterwards. */
  function refresh(id: string): void {
    const { threads, welcome } = getState();
    const thread = threads[id];
    if (thread === undefined) return;
    if (running.has(id)) outdated.add(id);
    else if (thread.loading.phase === 'failed' || hasUnsettled(thread, welcome?.user.id)) load(id);
  }

  return {
    open(id) {
      if (getState().threads[id] !== undefined) return;
      change(id, (thread) => thread);
      load(id);
    },

    reload(id) {
      change(id, (thread) =>
        thread.messages.length > 0 ? thread : { ...thread, loading: { phase: 'loading' } },
      );
      load(id);
    },

    begin(id) {
      change(id, (thread) => ({ ...thread, loading: { phase: 'ready' } }));
    },

    loadOlder(id) {
      const thread = getState().threads[id];
      const first = thread?.messages[0];
      if (thread === undefined || first === undefined || !hasOlder(thread)) return;
      const fetchOlder = async () => {
        change(id, (known) => ({ ...known, older: { phase: 'loading' } }));
        const page = await http.messages(id, { beforeSeq: first.seq, limit: PAGE });
        change(id, (known) => ({ ...withPage(known, page), older: { phase: 'ready' } }));
      };
      once(`${id} older`, fetchOlder, (error) =>
        change(id, (known) => ({ ...known, older: { phase: 'failed', reason: describeFailure(error) } })),
      );
    },

    refreshAll() {
      for (const id of Object.keys(getState().threads)) refresh(id);
    },
  };
}
