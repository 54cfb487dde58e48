/** In a thread of an isolated agent: loads its code and runs its handlers, one at a time. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { type AgentServices, agentServices } from '@parley/control-plane';
import type { MessageBus } from '@parley/messaging';
import { createLogger, type Logger } from '@parley/process-kit';
import { type AgentCode, codeInThisThread } from '../agent-code.ts';
import type { AgentDefinition } from '../agent-definition.ts';
import type { ContextParts } from '../context/create-context.ts';
import type { EventParts } from '../events/handle-event.ts';
import { metadataOf, textOf } from '../given/reply-text.ts';
import {
  type FromThread,
  type Isolation,
  packError,
  type ThreadRun,
  type ToThread,
  unpackError,
} from './thread-messages.ts';

if (parentPort === null) throw new Error('This is the main file of a thread.');
const port = parentPort;
const { module, data } = workerData as Isolation;
let abort = new AbortController();

const say = (message: FromThread): void => port.postMessage(message);

/** The calls of one run to the agent's process. */
interface Calls {
  ask<T>(name: string, ...args: unknown[]): Promise<T>;
  /** Wants no answer. */
  tell(name: string, ...args: unknown[]): void;
  answer(message: ToThread & { type: 'answer' }): void;
  /** Resolves when all that was asked is answered. */
  settled(): Promise<void>;
}

function createCalls(run: number): Calls {
  const pending = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  return {
    tell: (name, ...args) => say({ type: 'call', run, id: 0, name, args }),
    async ask<T>(name: string, ...args: unknown[]) {
      const id = ++lastId;
      const answer = Promise.withResolvers<unknown>();
      say({ type: 'call', run, id, name, args });
      pending.set(id, answer);
      return (await answer.promise) as T;
    },
    answer({ id, value, error }) {
      const answer = pending.get(id);
      pending.delete(id);
      if (error === undefined) answer?.resolve(value);
      else answer?.reject(unpackError(error));
    },
    async settled() {
      // Also calls that the handler has not waited for, such as a last reply.
      await nextTurn();
      await Promise.allSettled([...pending.values()].map(({ promise }) => promise));
    },
  };
}

/** The services that the agent's process performs for the thread. Signals stay there: each wait ends with the run's own. */
const servicesVia = (ask: Calls['ask']): AgentServices =>
  agentServices((name) => (request) => ask(name, request));

async function run(code: AgentCode, { work, agent, group, log }: ThreadRun, calls: Calls): Promise<unknown> {
  const { ask, tell } = calls;
  const common = {
    agent,
    group,
    services: servicesVia(ask),
    bus: {
      publishEvent: (...args: Parameters<MessageBus['publishEvent']>) => ask<void>('publishEvent', ...args),
    },
    signal: abort.signal,
    logger: loggerOf(log),
  };
  if (work.kind === 'event') {
    const { channel, event } = work;
    // Looked at here, where the handler's own line is in the stack.
    const reply: EventParts['reply'] = async (text, to) => ask('eventReply', textOf(text, 'reply()'), to);
    return code.event({ ...common, channel, event, reply });
  }
  let written = 0;
  const { request, isDriver } = work;
  const writer = writerVia(calls, () => {
    written += 1;
  });
  const parts: ContextParts = { ...common, request, isDriver, writer };
  if (work.kind === 'message') {
    return code.message({ parts, isSessionEnd: work.isSessionEnd, written: () => written });
  }
  return code.step({ parts, call: work.call, bus: { signal: (signal) => tell('signal', signal) } });
}

function writerVia({ ask, tell }: Calls, onWritten: () => void): ContextParts['writer'] {
  return {
    // The error also names a value that cannot be copied.
    async reply(text, metadata) {
      await ask('reply', textOf(text, 'reply()'), metadataOf(metadata));
      onWritten();
    },
    typing: (isTyping) => tell('typing', isTyping),
    open() {
      const opened = ask<number>('open');
      return {
        add: async (piece) => ask('add', await opened, piece),
        async finish(text, metadata) {
          await ask('finish', await opened, text, metadata);
          onWritten();
        },
      };
    },
  };
}

function loggerOf({ level, isReadable, fields: { service, ...fields } }: ThreadRun['log']): Logger {
  return createLogger(String(service), level as Parameters<typeof createLogger>[1], isReadable).child(fields);
}

const make = (await import(module)) as { default(data: unknown): Promise<AgentDefinition> };
const code = codeInThisThread(await make.default(data));

let current = createCalls(0);

async function runAndEnd(message: ToThread & { type: 'run' }, calls: Calls): Promise<void> {
  const ended = await run(code, message.run, calls).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: packError(error) }),
  );
  await calls.settled();
  say({ type: 'ended', run: message.number, ...ended });
}

port.on('message', (message: ToThread) => {
  if (message.type === 'stop') abort.abort(message.reason);
  else if (message.type === 'answer') current.answer(message);
  else {
    abort = new AbortController();
    current = createCalls(message.number);
    // An error of it ends the thread, which the agent's process is told of.
    void runAndEnd(message, current);
  }
});
say({ type: 'ready' });
