import { createInterface, type Interface } from 'node:readline';
import type { Client, HttpApi, Sent } from '@parley/client';
import { newId, ParleyError, type Target } from '@parley/shared-models';
import { CommandFailure, EXIT, exitCodeOf } from '../exit-codes.ts';
import { targetOf } from '../target.ts';
import { within } from '../within.ts';
import { type ChatScreen, createChatScreen } from './chat-screen.ts';

export interface ChatOptions {
  readonly client: Client;
  readonly api: HttpApi;
  readonly timeoutSeconds: number;
  readonly target: Target | undefined;
  /** Undefined begins a new one. */
  readonly conversationId: string | undefined;
}

/** Shown of a conversation that is gone on with. */
const EARLIER = 10;

const HELP = `  /agents      who is there
  /to <agent>  who shall answer from now on; without a name: whom Parley chooses
  /new         begin a new conversation
  /quit        leave`;

/** Reads lines until the input ends, /quit or Ctrl-C. @returns the exit code: that of the last line that failed */
export async function runChat(options: ChatOptions): Promise<number> {
  const { client, api, timeoutSeconds } = options;
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  let { target } = options;
  let conversationId = options.conversationId ?? newId();
  let current: Sent | undefined;
  let isStopping = false;
  let exitCode: number = EXIT.ok;

  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: isTerminal });
  const screen = createChatScreen(isTerminal ? lines : undefined);

  const onInterrupt = (): void => {
    if (current === undefined || isStopping) {
      lines.close();
      // Nobody waits for the answers under way any more.
      current = undefined;
      leave.abort();
      return;
    }
    isStopping = true;
    client.cancel(current.id);
    screen.note('stopping …');
  };
  const leave = new AbortController();
  // On a terminal in raw mode Ctrl-C is a key; otherwise it is a signal.
  lines.on('SIGINT', onInterrupt);
  process.on('SIGINT', onInterrupt);
  const stopListening = listen(client, screen, () => ({ conversationId, requestId: current?.id }));

  async function say(text: string): Promise<void> {
    isStopping = false;
    const sent = client.send({ text, conversationId, ...(target === undefined ? {} : { target }) });
    current = sent;
    try {
      await Promise.race([within(timeoutSeconds, sent.answered), aborted(leave.signal)]);
    } catch (error) {
      if (leave.signal.aborted) return;
      screen.problem(error instanceof Error ? error.message : String(error));
      if (!(error instanceof ParleyError && error.code === 'cancelled')) exitCode = exitCodeOf(error);
    } finally {
      current = undefined;
    }
  }

  async function obey(line: string): Promise<void> {
    const [name, ...rest] = line.slice(1).split(/\s+/);
    const argument = rest.join(' ').trim();
    if (name === 'quit') lines.close();
    else if (name === 'new') {
      conversationId = newId();
      screen.note('a new conversation');
    } else if (name === 'to') {
      target = targetOf(argument === '' ? undefined : argument).target;
      screen.note(target === undefined ? 'Parley chooses who answers' : `to ${argument}`);
    } else if (name === 'agents') {
      for (const { agentName, state, description } of client.agents.values()) {
        screen.note(`${agentName} (${state}): ${description}`);
      }
    } else screen.note(HELP);
  }

  try {
    if (options.conversationId !== undefined) await showEarlier(options.conversationId, client, api, screen);
    screen.prompt();
    for await (const line of linesOf(lines)) {
      if (line.startsWith('/') && isTerminal)
        await obey(line).catch((error: Error) => screen.problem(error.message));
      else if (line.trim() !== '') await say(line);
      if (leave.signal.aborted) break;
      screen.prompt();
    }
    return exitCode;
  } finally {
    stopListening();
    process.off('SIGINT', onInterrupt);
    lines.close();
    screen.end();
  }
}

/** Those that come while one is being handled wait. */
function linesOf(lines: Interface): AsyncIterable<string> {
  return lines;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function showEarlier(id: string, client: Client, api: HttpApi, screen: ChatScreen): Promise<void> {
  try {
    const { lastSeq } = await api.conversation(id);
    const { messages } = await api.messages(id, { beforeSeq: lastSeq + 1, limit: EARLIER });
    for (const message of messages) screen.earlier(message);
    client.open(id, lastSeq);
  } catch (error) {
    if (error instanceof ParleyError && error.code === 'not_found') {
      throw new CommandFailure(EXIT.failed, `There is no conversation ${id}.`);
    }
    throw error;
  }
}

function listen(
  client: Client,
  screen: ChatScreen,
  now: () => { conversationId: string; requestId: string | undefined },
): () => void {
  const stops = [
    client.on('delta', ({ inReplyTo, messageId, text }) => {
      if (inReplyTo === now().requestId) screen.piece(messageId, text);
    }),
    client.on('message', (message) => {
      if (message.conversationId === now().conversationId && message.kind === 'REPLY') screen.reply(message);
    }),
    client.on('status', ({ messageId, status, routing }) => {
      if (messageId !== now().requestId || status !== 'routed' || routing === undefined) return;
      screen.note(`→ ${routing.agentName}: ${routing.reason}`);
    }),
    client.on('typing', ({ conversationId, by, isTyping }) => {
      if (conversationId === now().conversationId && by.kind === 'agent') screen.typing(by.name, isTyping);
    }),
    client.on('connection', ({ state }) => {
      if (state === 'waiting') screen.note('the connection is lost; trying again …');
      else if (state === 'open') screen.note('connected');
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
