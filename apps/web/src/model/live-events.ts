import type { Client, ClientError, OutboxItem } from '@parley/client';
import { type ChatMessage, isTerminal, type ServerFrameOf } from '@parley/shared-models';
import type { StoreApi } from 'zustand/vanilla';
import type { AppState } from './app-state.ts';
import { withCommands } from './command-records.ts';
import { withConversations, withNewest } from './conversation-list.ts';
import { type Draft, withoutDrafts, withPieces } from './drafts.ts';
import { createFrameBatch, type FrameClock } from './frame-batch.ts';
import { withProgress, withTasks } from './task-list.ts';
import { withMessages, withStatus } from './thread.ts';
import { createTypingWatch } from './typing-watch.ts';

/** Writes the client's events into the store. @returns stops it */
export function followLiveEvents(client: Client, store: StoreApi<AppState>, clock: FrameClock): () => void {
  const { getState, setState } = store;
  const pieces = createFrameBatch<ServerFrameOf<'message.delta'>>(clock, (deltas) =>
    setState(({ drafts }) => ({ drafts: withPieces(drafts, deltas) })),
  );

  const setTyping = (conversationId: string, people: AppState['typing'][string]): void =>
    setState(({ typing }) => ({ typing: { ...typing, [conversationId]: people } }));
  const typing = createTypingWatch(setTyping);

  function endDrafts(isOver: (draft: Draft) => boolean): void {
    pieces.flush();
    setState(({ drafts }) => ({ drafts: withoutDrafts(drafts, isOver) }));
  }

  function onMessage(message: ChatMessage): void {
    const { conversationId, sender } = message;
    endDrafts((draft) => draft.messageId === message.id);
    setState((state) => {
      const userId = state.welcome?.user.id ?? '';
      const thread = state.threads[conversationId];
      const isMine = sender.kind === 'user' && sender.id === userId;
      return {
        conversations: withNewest(state.conversations, message, userId),
        ...(thread === undefined
          ? {}
          : { threads: { ...state.threads, [conversationId]: withMessages(thread, [message]) } }),
        ...(isMine ? {} : { latestReceived: message }),
      };
    });
    if (sender.kind === 'agent') setTyping(conversationId, typing.note(conversationId, sender, false));
  }

  function onStatus({ type: _, ...status }: ServerFrameOf<'message.status'>): void {
    if (isTerminal(status.status)) endDrafts((draft) => draft.inReplyTo === status.messageId);
    setState(({ threads }) => {
      const thread = threads[status.conversationId];
      return thread === undefined
        ? {}
        : { threads: { ...threads, [status.conversationId]: withStatus(thread, status) } };
    });
  }

  function onOutbox(outbox: readonly OutboxItem[]): void {
    // A message that is sent again is no longer refused.
    const ids = new Set(outbox.map(({ id }) => id));
    setState(({ refused }) => ({ outbox, refused: refused.filter(({ item }) => !ids.has(item.id)) }));
  }

  function onError({ inReplyTo, code, message }: ClientError): void {
    const { outbox, agents } = getState();
    // The client emits the error before the message leaves its outbox.
    const item = outbox.find(({ id }) => id === inReplyTo);
    if (item !== undefined) {
      setState(({ refused }) => ({ refused: [...refused, { item, error: { code, message } }] }));
    } else if (inReplyTo !== undefined && agents?.some(({ agentId }) => agentId === inReplyTo)) {
      setState(({ agentControls }) => {
        const control = agentControls[inReplyTo];
        return control === undefined
          ? {}
          : { agentControls: { ...agentControls, [inReplyTo]: { ...control, failure: message } } };
      });
    }
  }

  const stops = [
    client.on('connection', (connection) => setState({ connection })),
    client.on('welcome', (welcome) =>
      setState({ welcome, clockOffsetMs: clockOffset(welcome.serverTime, Date.now()) }),
    ),
    client.on('agents', ({ agents, changed }) =>
      setState(({ agentControls }) => {
        const told = new Set(changed.map(({ agentId }) => agentId));
        const open = Object.entries(agentControls).filter(([agentId]) => !told.has(agentId));
        return { agents: [...agents.values()], agentControls: Object.fromEntries(open) };
      }),
    ),
    client.on('message', onMessage),
    client.on('status', onStatus),
    client.on('delta', pieces.add),
    client.on('typing', ({ conversationId, by, isTyping }) =>
      setTyping(conversationId, typing.note(conversationId, by, isTyping)),
    ),
    client.on('conversation', ({ conversation }) =>
      setState(({ conversations }) => ({ conversations: withConversations(conversations, [conversation]) })),
    ),
    client.on('session', () => setState({ agentSessions: client.sessions })),
    client.on('task', (task) => setState(({ tasks }) => ({ tasks: withTasks(tasks, [task]) }))),
    client.on('task.progress', ({ type: _, ...progress }) =>
      setState(({ stepProgress }) => ({ stepProgress: withProgress(stepProgress, progress) })),
    ),
    client.on('command.status', ({ command }) =>
      setState(({ commands }) => ({ commands: withCommands(commands, [command]) })),
    ),
    client.on('outbox', onOutbox),
    client.on('error', onError),
  ];

  return () => {
    for (const stop of stops) stop();
    pieces.stop();
    typing.stop();
  };
}

/** A smaller difference may be the transmission time of the frame. */
const DELAY_MS = 2000;

/** Milliseconds by which the server's clock is ahead; 0 when transmission alone can explain the difference. */
export function clockOffset(serverTime: string, now: number): number {
  const difference = Date.parse(serverTime) - now;
  return Math.abs(difference) < DELAY_MS ? 0 : difference;
}
