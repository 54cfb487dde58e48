import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { AGENT_CONTRACTS, AGENT_RPCS, type AgentServices } from '@parley/control-plane';
import type { MessageBus } from '@parley/messaging';
import { ParleyError } from '@parley/shared-models';
import type { AgentCode } from '../agent-code.ts';
import type { AgentDefinition } from '../agent-definition.ts';
import { createTurns } from '../commands/turns.ts';
import type { ContextParts } from '../context/create-context.ts';
import type { EventParts } from '../events/handle-event.ts';
import type { OpenReply } from '../reply-stream.ts';
import {
  type FromThread,
  type Isolation,
  packError,
  type ThreadWork,
  type ToThread,
  unpackError,
} from './thread-messages.ts';

const DEFAULT_CONCURRENCY = 4;
/** Memory of one thread, in MiB: a thread that wants more fails its message, not the process. */
const MEMORY_MB = 512;
/** A handler that was stopped has this long to end by itself; then its thread is ended, in milliseconds. */
const STOP_MS = 1000;

/** A thread, and the outcome of its current run. */
interface Thread {
  readonly worker: Worker;
  readonly ready: Promise<void>;
  listen(listener: (message: FromThread) => void): void;
  /** Rejects when the thread is gone, with why. */
  readonly gone: Promise<never>;
}

interface Run {
  readonly parts: ContextParts | EventParts;
  readonly work: ThreadWork;
  /** The calls of this handler, in addition to those that all handlers have. */
  readonly calls: Calls;
}

/**
 * An agent's code in threads of its own: as many as it handles messages at once and as many for events, each with one at a
 * time, made when they are needed. All that a handler reaches is done in this thread, by the same code as for agents that
 * are not isolated.
 */
export function isolatedCode(definition: AgentDefinition, isolation: Isolation): AgentCode {
  const concurrency = definition.concurrency ?? DEFAULT_CONCURRENCY;
  const turns = createTurns(concurrency);
  // Separate turns: a message's handler that waits for its queue must not take an event's turn.
  const eventTurns = createTurns(concurrency);
  const idle: Thread[] = [];
  const all = new Set<Thread>();
  let isRetired = false;
  let lastRun = 0;

  const spawn = (): Thread => {
    const thread = startThread(isolation, definition.name);
    all.add(thread);
    thread.gone.catch(() => {
      all.delete(thread);
      const place = idle.indexOf(thread);
      if (place >= 0) idle.splice(place, 1);
    });
    return thread;
  };

  const run = async ({ parts, work, calls }: Run): Promise<unknown> => {
    const { signal } = parts;
    const giveBack = await (work.kind === 'event' ? eventTurns : turns).take(signal);
    const thread = idle.pop() ?? spawn();
    const stopped = stopWhen(signal, thread);
    let isSound = false;
    try {
      await Promise.race([thread.ready, thread.gone]);
      const { agent, group, logger } = parts;
      const number = ++lastRun;
      const ended = Promise.withResolvers<unknown>();
      const answer = answerCalls({ ...commonCalls(parts), ...calls }, (message) => post(thread, message));
      thread.listen((message) => {
        if (message.type === 'ready') return;
        // From an earlier run, which has ended: its calls must not be taken for those of the current run.
        if (message.run !== number)
          logger.warn('a handler goes on after it has ended: its calls are ignored');
        else if (message.type === 'call') answer(message);
        else {
          isSound = true;
          if (message.error === undefined) ended.resolve(message.value);
          else ended.reject(unpackError(message.error));
        }
      });
      const isReadable = process.stdout.isTTY === true;
      const log = { level: logger.level, isReadable, fields: logger.bindings() };
      post(thread, { type: 'run', number, run: { work, agent, group, log } });
      if (signal.aborted) post(thread, { type: 'stop', reason: String(signal.reason) });
      return await Promise.race([ended.promise, thread.gone]);
    } finally {
      stopped.end();
      if (isSound && !isRetired) idle.push(thread);
      else await thread.worker.terminate();
      giveBack();
    }
  };

  return {
    definition,
    async message({ parts, isSessionEnd }) {
      const { request, isDriver } = parts;
      const work = { kind: 'message', request, isDriver, isSessionEnd } as const;
      return (await run({ parts, work, calls: writerCalls(parts) })) as string | undefined;
    },
    async step({ parts, call, bus }) {
      const { request, isDriver } = parts;
      const work = { kind: 'step', request, isDriver, call } as const;
      const calls = { signal: (given: Parameters<MessageBus['signal']>[0]) => bus.signal(given) };
      return (await run({ parts, work, calls })) as Awaited<ReturnType<AgentCode['step']>>;
    },
    async event(parts) {
      const { channel, event } = parts;
      await run({ parts, work: { kind: 'event', channel, event }, calls: { eventReply: parts.reply } });
    },
    retire() {
      isRetired = true;
      for (const { worker } of idle.splice(0)) void worker.terminate();
    },
    async close() {
      isRetired = true;
      await Promise.all([...all].map(({ worker }) => worker.terminate()));
    },
  };
}

function post({ worker }: Thread, message: ToThread): void {
  worker.postMessage(message);
}

function startThread(isolation: Isolation, name: string): Thread {
  const worker = new Worker(path.join(import.meta.dirname, 'thread-main.ts'), {
    workerData: isolation,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  });
  const ready = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<never>();
  let listener = (_message: FromThread): void => {};
  worker.on('message', (message: FromThread) => {
    if (message.type === 'ready') ready.resolve();
    else listener(message);
  });
  const fail = (why: string, cause?: unknown): void => {
    gone.reject(new ParleyError('agent_failed', `${name} failed: ${why}`, { cause }));
  };
  worker.once('error', (error: Error & { code?: string }) =>
    fail(
      error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? 'the thread of its handler ran out of memory.'
        : `the thread of its handler broke down: ${error.message}`,
      error,
    ),
  );
  worker.once('exit', (code) => fail(`the thread of its handler has ended (exit code ${code}).`));
  return {
    worker,
    ready: ready.promise,
    gone: gone.promise,
    listen: (next) => {
      listener = next;
    },
  };
}

/** Tells the thread of the signal, and ends one that does not heed it. */
function stopWhen(signal: AbortSignal, thread: Thread): { end(): void } {
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    post(thread, { type: 'stop', reason: String(signal.reason) });
    // `gone` tells how it ended.
    timer = setTimeout(() => void thread.worker.terminate(), STOP_MS);
  };
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}

/** The calls that a handler in a thread can make, by name. */
type Calls = Record<string, (...args: never[]) => unknown>;

function commonCalls({ services, bus: { publishEvent }, signal }: ContextParts | EventParts): Calls {
  const calls: Calls = { publishEvent };
  for (const name of AGENT_RPCS) {
    // Where the server itself waits, a stop ends the wait; other calls end by themselves, also after a stop.
    const { waits }: { readonly waits?: unknown } = AGENT_CONTRACTS[name];
    const until = waits === undefined ? [] : [signal];
    calls[name] = (request: Parameters<AgentServices[typeof name]>[0]) =>
      services[name](request as never, ...until);
  }
  return calls;
}

function writerCalls({ writer }: ContextParts): Calls {
  const opened: OpenReply[] = [];
  return {
    reply: (text: string, metadata) => writer.reply(text, metadata),
    typing: (isTyping: boolean) => writer.typing(isTyping),
    open: () => opened.push(writer.open()) - 1,
    add: (reply: number, piece: string) => opened[reply]?.add(piece),
    finish: (reply: number, text: string, metadata) => opened[reply]?.finish(text, metadata),
  };
}

/** Executes and answers the calls of a handler in a thread. */
function answerCalls(
  calls: Calls,
  post: (message: ToThread) => void,
): (call: FromThread & { type: 'call' }) => void {
  return ({ id, name, args }) => {
    const work = async (): Promise<unknown> => {
      const call = calls[name];
      if (call === undefined) throw new Error(`a thread asks for ${name}`);
      return call(...(args as never[]));
    };
    work().then(
      (value) => {
        if (id > 0) post({ type: 'answer', id, value });
      },
      (error: unknown) => post({ type: 'answer', id, error: packError(error) }),
    );
  };
}
