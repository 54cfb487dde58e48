import type { Client, HttpApi } from '@parley/client';
import { type Conversation, hasRole, reportOf, type Target, type Task } from '@parley/shared-models';
import { createStore, type StoreApi } from 'zustand/vanilla';
import { ALL_AGENTS, isChangedBy } from './agent-control.ts';
import { type AgentAction, type AgentControl, type AppState, initialState } from './app-state.ts';
import { type ChannelWatch, createChannelWatch } from './channel-watch.ts';
import { type CommandStore, createCommandStore } from './command-store.ts';
import { withConversations } from './conversation-list.ts';
import { describeFailure, reportProblem } from './failures.ts';
import { browserFrames, type FrameClock } from './frame-batch.ts';
import {
  type KeyValueStorage,
  type LastSeen,
  loadLastSeen,
  markSeen,
  storeLastSeen,
  withSeen,
} from './last-seen.ts';
import { followLiveEvents } from './live-events.ts';
import type { SignInToken } from './sign-in-token.ts';
import { withTasks } from './task-list.ts';
import { createThreadLoader } from './thread-loader.ts';

export interface AppModelPorts {
  readonly client: Client;
  readonly http: HttpApi;
  readonly storage: KeyValueStorage;
  readonly token: SignInToken;
  /** @default the browser's animation frames */
  readonly frames?: FrameClock;
}

/** The state and the actions of the app: the typed client, the HTTP API, and a store with the data of both. */
export interface AppModel {
  readonly store: StoreApi<AppState>;
  readonly http: HttpApi;
  readonly channels: Pick<ChannelWatch, 'follow'>;
  start(): void;
  stop(): Promise<void>;

  /** Sends, now or as soon as there is a connection. @returns the conversation, a new one when none was given */
  send(input: { text: string; conversationId?: string; target?: Target }): string;
  /** Sends a refused message again, as it was. */
  resend(messageId: string): void;
  discard(messageId: string): void;
  /** Stops the answer to this message, or takes back the message if it was not sent yet. */
  cancel(messageId: string): void;
  setTyping(conversationId: string, isTyping: boolean): void;

  openConversation(conversationId: string): void;
  reloadConversation(conversationId: string): void;
  loadOlder(conversationId: string): void;
  /** Records that all messages up to `seq` were shown. */
  markSeen(conversationId: string, seq: number): void;
  /** Reads the last seen messages that another tab has stored. */
  adoptLastSeen(): void;
  refreshConversations(): void;
  /** Adds the server's search results to the list. */
  findConversations(query: string): void;

  /** Adds tasks that were loaded over HTTP; a newer version that is known stays. */
  noteTasks(tasks: readonly Task[]): void;

  readonly commands: CommandStore;
  /** @param agentId `*` for all agents */
  controlAgent(agentId: string, action: AgentAction): void;
  /** The whole audit as JSON lines, as a stream. @throws Error with the HTTP status when the server refuses it */
  openAuditExport(signal: AbortSignal): Promise<Response>;
  /** Tries to connect at once. */
  reconnect(): void;

  hasToken(): boolean;
  /** Connects with this token; the connection's state shows whether the server accepts it. */
  signIn(token: string): void;
  /** Removes the token and leaves the page, with all data that it has shown. */
  signOut(): void;
}

/** The number of conversations, the newest ones, whose messages are followed live, so that unread ones are marked. */
const FOLLOWED = 30;
const LISTED = 200;
/** An action on an agent that shows no change of its state for this long has probably not reached the agent. */
const CONTROL_TIMEOUT_MS = 8000;

export function createAppModel({
  client,
  http,
  storage,
  token,
  frames = browserFrames,
}: AppModelPorts): AppModel {
  const store = createStore<AppState>()(() => initialState(loadLastSeen(storage)));
  const { getState, setState } = store;
  const threads = createThreadLoader(client, http, store);
  const commands = createCommandStore(client, http, store);
  const channels = createChannelWatch(client, store, frames);
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const stops: (() => void)[] = [];

  function addConversations(conversations: readonly Conversation[]): void {
    setState((state) => ({ conversations: withConversations(state.conversations, conversations) }));
  }

  function remember(lastSeen: LastSeen): void {
    if (lastSeen === getState().lastSeen) return;
    setState({ lastSeen: storeLastSeen(storage, lastSeen) });
  }

  function refreshConversations(): void {
    const load = async () => {
      const { conversations } = await http.conversations({ limit: LISTED });
      addConversations(conversations);
      setState({ conversationsLoading: { phase: 'ready' } });
      for (const { id, lastSeq } of conversations.slice(0, FOLLOWED)) {
        if (client.lastSeq(id) === undefined) client.open(id, lastSeq);
      }
      // Conversations that this browser has never shown count as read up to here.
      const unseen = conversations.filter(({ id }) => getState().lastSeen[id] === undefined);
      remember(unseen.reduce((seen, { id, lastSeq }) => markSeen(seen, id, lastSeq), getState().lastSeen));
    };
    load().catch((error: unknown) => {
      if (getState().conversationsLoading.phase === 'ready') return;
      setState({ conversationsLoading: { phase: 'failed', reason: describeFailure(error) } });
    });
  }

  function failControl(agentId: string, failure: string): void {
    setState(({ agentControls }) => {
      const control = agentControls[agentId];
      return control === undefined
        ? {}
        : { agentControls: { ...agentControls, [agentId]: { ...control, failure } } };
    });
  }

  const model: AppModel = {
    store,
    http,
    commands,
    channels,

    start() {
      stops.push(followLiveEvents(client, store, frames), channels.stop);
      channels.start();
      stops.push(
        client.on('welcome', ({ user }) => {
          refreshConversations();
          if (hasRole(user, 'operator')) commands.refresh();
          threads.refreshAll();
        }),
        client.on('ack', ({ conversationId }) => {
          // The server has given the new conversation its title.
          if (getState().conversations[conversationId] === undefined) refreshConversations();
        }),
      );
      setState({ outbox: client.outbox });
      client.requestAgents();
      client.connect();
      refreshConversations();
    },

    async stop() {
      for (const stop of stops.splice(0)) stop();
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      await client.close();
    },

    send({ text, conversationId, target }) {
      const sent = client.send({
        text,
        ...(conversationId === undefined ? {} : { conversationId }),
        ...(target === undefined ? {} : { target }),
      });
      if (conversationId === undefined) threads.begin(sent.conversationId);
      // An invalid message never enters the outbox, from which refused messages are taken.
      if (!client.outbox.some(({ id }) => id === sent.id)) {
        const refusedItem = { id: sent.id, conversationId: sent.conversationId, text };
        const item = target === undefined ? refusedItem : { ...refusedItem, target };
        sent.accepted.catch((error: unknown) =>
          setState(({ refused }) => ({ refused: [...refused, { item, error: reportOf(error) }] })),
        );
      }
      return sent.conversationId;
    },

    resend(messageId) {
      const refusal = getState().refused.find(({ item }) => item.id === messageId);
      if (refusal === undefined) return;
      model.discard(messageId);
      const { id, conversationId, text, target, inReplyTo } = refusal.item;
      client.send({
        id,
        conversationId,
        text,
        ...(target === undefined ? {} : { target }),
        ...(inReplyTo === undefined ? {} : { inReplyTo }),
      });
    },

    discard(messageId) {
      setState(({ refused }) => ({ refused: refused.filter(({ item }) => item.id !== messageId) }));
    },

    cancel: (messageId) => void client.cancel(messageId),
    setTyping: (conversationId, isTyping) => void client.typing(conversationId, isTyping),

    openConversation: threads.open,
    reloadConversation: threads.reload,
    loadOlder: threads.loadOlder,

    adoptLastSeen() {
      setState(({ lastSeen }) => ({ lastSeen: withSeen(lastSeen, loadLastSeen(storage)) }));
    },

    markSeen(conversationId, seq) {
      remember(markSeen(getState().lastSeen, conversationId, seq));
    },

    refreshConversations() {
      if (getState().conversationsLoading.phase === 'failed')
        setState({ conversationsLoading: { phase: 'loading' } });
      refreshConversations();
    },

    findConversations(query) {
      http.conversations({ search: query, limit: LISTED }).then(
        ({ conversations }) => addConversations(conversations),
        // The known conversations are searched locally, so there are still results.
        (error: unknown) => reportProblem('the server could not search', error),
      );
    },

    noteTasks(incoming) {
      setState(({ tasks }) => ({ tasks: withTasks(tasks, incoming) }));
    },

    controlAgent(agentId, action) {
      const control: AgentControl = { action };
      const meant = (getState().agents ?? []).filter((agent) =>
        agentId === ALL_AGENTS ? isChangedBy(action, agent.state) : agent.agentId === agentId,
      );
      const ids = meant.map((agent) => agent.agentId);
      setState(({ agentControls }) => ({
        agentControls: { ...agentControls, ...Object.fromEntries(ids.map((id) => [id, control])) },
      }));
      const fail = (failure: string): void => {
        // A later action on the same agent has a timeout of its own.
        for (const id of ids) if (getState().agentControls[id] === control) failControl(id, failure);
      };
      if (!client.control(agentId, action)) return fail('There is no connection to the server.');
      const timer = setTimeout(() => {
        timers.delete(timer);
        fail('The agent has not answered yet.');
      }, CONTROL_TIMEOUT_MS);
      timers.add(timer);
    },

    async openAuditExport(signal) {
      const bearer = token.get();
      const response = await fetch('/api/audit/export', {
        signal,
        headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      });
      if (!response.ok) throw new Error(`The server answered ${response.status}.`);
      return response;
    },

    reconnect: () => client.connect(),
    hasToken: () => token.get() !== undefined,
    signIn(given) {
      token.set(given);
      client.connect();
    },
    signOut() {
      token.clear();
      window.location.assign('/');
    },
  };
  return model;
}
