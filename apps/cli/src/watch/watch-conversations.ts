import { setTimeout as delay } from 'node:timers/promises';
import type { Client, HttpApi } from '@parley/client';
import { type Conversation, ParleyError } from '@parley/shared-models';
import { plain, print, printError, style } from '../output.ts';

export interface WatchConversationsOptions {
  readonly client: Client;
  readonly api: HttpApi;
  readonly isJson: boolean;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  /** Undefined: all of one's own, and the agents. */
  readonly conversationId: string | undefined;
}

/** Shown of one conversation that is watched. */
const EARLIER = 10;
/** Of all conversations those with the latest messages. */
const FOLLOWED = 100;

/** Prints messages, states and changes of agents as they come, until the signal. */
export async function watchConversations(options: WatchConversationsOptions): Promise<void> {
  const { client, api, isJson, intervalMs, signal, conversationId } = options;
  const stopListening = listen(client, isJson, conversationId === undefined);
  try {
    if (conversationId === undefined) await followAll(client, api, intervalMs, signal);
    else {
      const { lastSeq } = await api.conversation(conversationId, { signal });
      client.open(conversationId, Math.max(0, lastSeq - EARLIER));
      sayReady();
      await aborted(signal);
    }
  } finally {
    stopListening();
  }
}

/** The server tells of new conversations in its list only. */
async function followAll(
  client: Client,
  api: HttpApi,
  intervalMs: number,
  signal: AbortSignal,
): Promise<void> {
  const followed = new Set<string>();
  const follow = ({ id }: Conversation, afterSeq: number): void => {
    if (followed.has(id)) return;
    followed.add(id);
    client.open(id, afterSeq);
    const [oldest] = followed;
    if (followed.size <= FOLLOWED || oldest === undefined) return;
    followed.delete(oldest);
    client.leave(oldest);
  };
  const { conversations: begun } = await api.conversations({ limit: FOLLOWED, signal });
  for (const one of begun) follow(one, one.lastSeq);
  sayReady();
  let since = new Date().toISOString();
  while (!signal.aborted) {
    await delay(intervalMs, undefined, { signal }).catch(() => undefined);
    try {
      const { conversations } = await api.conversations({ limit: FOLLOWED, signal });
      for (const one of conversations.reverse()) {
        if (one.updatedAt < since) continue;
        follow(one, one.createdAt < since ? one.lastSeq - 1 : 0);
      }
      // Overlaps, in case the clocks differ a little; a conversation is not followed twice.
      since = new Date(Date.now() - 5000 - intervalMs).toISOString();
    } catch (error) {
      // The connection has said that the server is away.
      if (!signal.aborted && !(error instanceof ParleyError)) throw error;
    }
  }
}

function listen(client: Client, isJson: boolean, withAgents: boolean): () => void {
  const out = (json: object, text: () => string): void => print(isJson ? JSON.stringify(json) : text());
  const stops = [
    client.on('message', (message) => {
      const { conversationId, createdAt, kind, sender, text } = message;
      out({ type: 'message', message }, () => {
        const who = style(kind === 'ERROR' ? 'red' : 'bold', plain(sender.name));
        return `${time(createdAt)} ${short(conversationId)} ${who}: ${plain(text)}`;
      });
    }),
    client.on('status', (status) => {
      const { conversationId, messageId, status: state, routing } = status;
      out(status, () => {
        const why =
          state === 'routed' && routing !== undefined ? ` to ${routing.agentName}: ${routing.reason}` : '';
        const line = `message ${messageId.slice(-6)} ${state}${plain(why)}`;
        return `${time()} ${short(conversationId)} ${style('dim', line)}`;
      });
    }),
    client.on('connection', ({ state }) => {
      if (state === 'waiting')
        printError(style('yellow', 'The connection is lost; trying again.', process.stderr));
      else if (state === 'open') printError(style('dim', 'connected', process.stderr));
    }),
  ];
  if (withAgents) stops.push(listenToAgents(client, out));
  return () => {
    for (const stop of stops) stop();
  };
}

function listenToAgents(client: Client, out: (json: object, text: () => string) => void): () => void {
  const states = new Map([...client.agents.values()].map(({ agentId, state }) => [agentId, state]));
  return client.on('agents', ({ changed }) => {
    for (const { agentId, agentName, state } of changed) {
      if (states.get(agentId) === state) continue;
      states.set(agentId, state);
      out(
        { type: 'agent', agentId, agentName, state },
        () => `${time()} agent ${plain(agentName)} is ${state}`,
      );
    }
  });
}

/** The end of an id: its beginning is the time, which all of one second share. */
const short = (conversationId: string): string => style('dim', conversationId.slice(-6));

const time = (at: string = new Date().toISOString()): string => style('dim', at.slice(11, 19));

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Follows the events from here on. */
function sayReady(): void {
  printError(style('dim', 'Watching; Ctrl-C ends it.', process.stderr));
}
