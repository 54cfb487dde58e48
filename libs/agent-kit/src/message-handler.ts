import { setTimeout as delay } from 'node:timers/promises';
import type { AgentServices } from '@parley/control-plane';
import { STEP_RESULT, type StepCall, summaryOf } from '@parley/durable-tasks';
import { createKeyedMutex, type Delivery, type MessageBus, Reject } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import {
  AGENT_TIMEOUT_MS,
  appendHop,
  type ChatMessage,
  ParleyError,
  storableText,
  traceIdOf,
} from '@parley/shared-models';
import type { AgentCode } from './agent-code.ts';
import type { AgentDefinition } from './agent-definition.ts';
import type { ContextParts } from './context/create-context.ts';
import { patientServices } from './context/patient-services.ts';
import { errorOf } from './given/error-of.ts';
import {
  attemptOf,
  endsSession,
  hopsBefore,
  parseRequest,
  refuseForLaterIncarnation,
  stepCallOf,
} from './message-delivery.ts';
import { createRecentIds } from './recent-ids.ts';
import { createReplyWriter, type ReplyWriter } from './reply-writer.ts';
import { settleAfterAbort } from './settle-after-abort.ts';
import type { WorkMeter } from './work-meter.ts';

export interface MessageHandlerOptions {
  readonly bus: MessageBus;
  /** Called for each message; a message in hand goes on with the code that it began with. */
  readonly code: () => AgentCode;
  /** Under which the agent remembers. */
  readonly group: () => string;
  /** The server's services for it: memory, history, questions to others. */
  readonly services: () => AgentServices;
  /** As registered; asked for with each message, since a registration can change it. */
  readonly identity: () => { readonly id: string; readonly name: string; readonly incarnation: number };
  /**
   * Since when this process hears which answers are stopped, and has not stood still, in milliseconds since 1970. A
   * message that was sent before may have ended.
   */
  readonly listeningSince: () => number;
  /** Called as soon as the agent's own code has ended, well or not. @default nothing */
  onReturned?(): void;
  /** Called when the outcome of a message is safe in the queue. @default nothing */
  onEnded?(messageId: string): void;
  readonly meter: WorkMeter;
  readonly logger: Logger;
  /**
   * How long an agent may take to end after its signal was aborted, e.g. to save the stream's text so far, in
   * milliseconds.
   * @default 1000
   */
  readonly abortGraceMs?: number;
}

export interface MessageHandler {
  handle(delivery: Delivery): Promise<void>;
  /** Stops the answer to this message, if it is being written here. */
  cancel(messageId: string): void;
  /**
   * The process was away: asks which of the messages in hand are still wanted, and stops the others without a word. Never
   * rejects.
   */
  askAgain(): Promise<void>;
  /** Ids of the messages that the agent's own code has in hand. */
  inHand(): readonly string[];
  /**
   * Stops all answers and begins no more: the process is going down and the drain time is over, or another one has
   * taken its place. Their messages go back to the queue.
   */
  abandon(): void;
}

const DEFAULT_ATTEMPTS = 3;
const FIRST_RETRY_MS = 200;
const REMEMBERED_REQUESTS = 10_000;
const REMEMBERED_STOPS = 1000;
/** As much may the clocks of two machines differ, in milliseconds. */
const CLOCKS_DIFFER_MS = 5000;
/**
 * A message that waited longer than this, behind another message of its conversation, may have ended meanwhile, in
 * milliseconds.
 */
const LONG_WAIT_MS = 1000;
/** How often, and after how long, a message is asked about that was answered here and comes again all the same. */
const ANSWERED_LOOKS = { times: 5, everyMs: 300 };

/** `unwanted`: the request has ended in some other way. */
type Ending = 'cancelled' | 'timeout' | 'abandoned' | 'unwanted';

/** One delivery of a request, and the definition that answers it. */
interface Work {
  readonly request: ChatMessage;
  readonly logger: Logger;
  /** The person leaves the agent's session with it. */
  readonly isSessionEnd: boolean;
  /** The step that it asks for, where it is one of a task. */
  readonly call: StepCall | undefined;
  /** The longest that one try may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly code: AgentCode;
  readonly definition: AgentDefinition;
  readonly writer: ReplyWriter;
  readonly abort: AbortController;
}

/** Runs an agent's `onMessage` for each delivery of its queue, and makes sure that each request comes to an end. */
export function createMessageHandler(options: MessageHandlerOptions): MessageHandler {
  const { bus, meter, abortGraceMs } = options;
  const mutex = createKeyedMutex();
  const finished = createRecentIds(REMEMBERED_REQUESTS);
  /** Those that the agent has answered, by the request's id alone. */
  const answered = createRecentIds(REMEMBERED_REQUESTS);
  /** Stopped before they came: a signal may be faster than the queue. */
  const stoppedBefore = createRecentIds(REMEMBERED_STOPS);
  /** From when it is looked at on, so that a stop reaches it also while it is asked about. */
  const running = new Map<
    string,
    { readonly abort: AbortController; readonly logger: Logger; hasBegun: boolean }
  >();
  const abandoned = new AbortController();

  const refuseIfAbandoned = (): void => {
    if (abandoned.signal.aborted) throw new Error('the agent is going away');
  };

  const answer = async (request: ChatMessage, delivery: Delivery, receivedAt: number): Promise<void> => {
    // It waited behind another one of its conversation.
    refuseIfAbandoned();
    const key = `${request.id}#${attemptOf(delivery)}`;
    // Handed out again because its acknowledgement was lost: all it brought about is safe in the queue.
    if (finished.has(key)) return;
    const { id, name } = options.identity();
    const logger = options.logger.child({
      messageId: request.id,
      conversationId: request.conversationId,
      traceId: traceIdOf(delivery.envelope.headers),
    });
    const abort = new AbortController();
    const entry = { abort, logger, hasBegun: false };
    running.set(request.id, entry);
    try {
      const hasWaited = performance.now() - receivedAt > LONG_WAIT_MS;
      if ((hasWaited || mayHaveEnded(delivery)) && !(await isWanted(request, abort.signal, logger))) {
        logger.info('a message was stopped, or has ended otherwise, before it was begun here');
        finished.add(key);
        return;
      }
      // Asked about for so long that the process is going down meanwhile: the next agent answers it.
      refuseIfAbandoned();
      entry.hasBegun = true;
      const writer = createReplyWriter({
        bus,
        request,
        requestHeaders: delivery.envelope.headers,
        hops: appendHop(hopsBefore(delivery), `agent:${id}`),
        agent: { kind: 'agent', id, name },
        // The latest: an agent that has registered again is still the same one.
        incarnation: () => options.identity().incarnation,
        isInHand: () => running.get(request.id) === entry,
        abandoned: abandoned.signal,
        logger,
      });
      const isSessionEnd = endsSession(delivery);
      const code = options.code();
      const { definition } = code;
      const call = stepCallOf(request);
      const timeoutMs = call?.timeoutMs ?? definition.timeoutMs ?? AGENT_TIMEOUT_MS;
      const work = { request, logger, isSessionEnd, call, timeoutMs, code, definition, writer, abort };
      if (stoppedBefore.has(request.id)) abort.abort('cancelled' satisfies Ending);
      const done = meter.begin();
      let hasSucceeded = false;
      try {
        hasSucceeded = await attemptAnswer(work);
        finished.add(key);
        options.onEnded?.(request.id);
        if (hasSucceeded) answered.add(request.id);
      } finally {
        done(hasSucceeded);
      }
    } finally {
      running.delete(request.id);
    }
  };

  /** It may have been stopped, or have failed, while nobody here could hear that. */
  const mayHaveEnded = (delivery: Delivery): boolean =>
    delivery.redeliveries > 0 ||
    attemptOf(delivery) > 0 ||
    delivery.envelope.timestamp < options.listeningSince() + CLOCKS_DIFFER_MS;

  /** Waits for a server that is away: an answer that was begun in vain cannot be taken back. */
  const isWanted = async ({ id }: ChatMessage, signal: AbortSignal, logger: Logger): Promise<boolean> => {
    // Routed again while its answer was on the way here: in a moment the server has that.
    const looks = answered.has(id) ? ANSWERED_LOOKS.times : 1;
    for (let look = 1; ; look++) {
      const wanted = await isWantedNow(id, signal, logger);
      if (!wanted || look >= looks || signal.aborted) return wanted;
      await pause(ANSWERED_LOOKS.everyMs, signal);
    }
  };

  const isWantedNow = async (requestId: string, signal: AbortSignal, logger: Logger): Promise<boolean> => {
    try {
      return await patientServices(options.services(), { signal, logger }).isWanted({ requestId });
    } catch (err) {
      if (!signal.aborted) {
        logger.warn({ err }, 'the server does not say whether a message is still wanted: it is answered');
      }
      return true;
    }
  };

  /** Resolves when the request has come to an end that is safe in the queue; true when it was answered. */
  const attemptAnswer = async (work: Work): Promise<boolean> => {
    const { definition, logger, writer, abort } = work;
    const attempts = definition.attempts ?? DEFAULT_ATTEMPTS;
    for (let attempt = 1; ; attempt++) {
      try {
        writer.startOver();
        await runOnce(work);
        if (writer.count === 0) await writer.settle();
        return true;
      } catch (thrown) {
        // The next agent answers the message, whichever error the handler threw because of that.
        if (abandoned.signal.aborted) throw new Error('the agent is going away', { cause: thrown });
        const error = errorOf(thrown);
        const ending = abort.signal.reason as Ending | undefined;
        if (ending === 'unwanted') {
          logger.info('a message has ended otherwise while it was answered here');
          return false;
        }
        if (ending !== undefined || error instanceof ParleyError) {
          if (ending === undefined) logger.warn({ err: error }, 'the agent ended a message with an error');
          await writer.fail(...describeEnding(ending, error, work));
          return false;
        }
        logger.warn({ err: error, attempt }, 'the agent threw while it handled a message');
        // Trying again after a reply was sent would answer twice.
        if (attempt >= attempts || writer.count > 0) {
          const message = storableText(`${definition.name} failed: ${error.message}`);
          throw new Reject('agent_failed', message, { cause: error });
        }
        await pause(FIRST_RETRY_MS * 2 ** (attempt - 1), abort.signal);
      }
    }
  };

  const runOnce = async ({
    request,
    logger,
    isSessionEnd,
    call,
    timeoutMs,
    code,
    definition,
    writer,
    abort,
  }: Work): Promise<void> => {
    // Stopped between two tries: the agent's code must not begin again.
    if (abort.signal.aborted) throw new Error(`stopped: ${String(abort.signal.reason)}`);
    const timer = setTimeout(() => abort.abort('timeout' satisfies Ending), timeoutMs);
    const aborted = Promise.withResolvers<never>();
    // Nobody races against it when the agent's code throws before it has returned a promise.
    aborted.promise.catch(() => {});
    const onAbort = (): void => aborted.reject(new Error(`stopped: ${String(abort.signal.reason)}`));
    abort.signal.addEventListener('abort', onAbort, { once: true });
    const returned = <T>(code: Promise<T>): Promise<T> =>
      settleAfterAbort(code, aborted.promise, abort.signal, abortGraceMs).finally(() =>
        options.onReturned?.(),
      );
    try {
      const parts: ContextParts = {
        request,
        agent: options.identity(),
        group: options.group(),
        writer,
        services: options.services(),
        bus,
        isDriver: definition.tasks !== undefined,
        signal: abort.signal,
        logger,
      };
      if (call !== undefined) {
        const result = await returned(code.step({ parts, call, bus }));
        // A result after the time limit is not the wanted one, and may be only half of it.
        abort.signal.throwIfAborted();
        return await writer.result(summaryOf(result), { [STEP_RESULT]: result });
      }
      const written = (): number => writer.count;
      const text = await returned(code.message({ parts, isSessionEnd, written }));
      if (text !== undefined) await writer.reply(text);
    } finally {
      clearTimeout(timer);
      abort.signal.removeEventListener('abort', onAbort);
    }
  };

  return {
    async handle(delivery) {
      const request = parseRequest(delivery);
      refuseForLaterIncarnation(delivery, options.identity().incarnation);
      const receivedAt = performance.now();
      await mutex.run(request.conversationId, () => answer(request, delivery, receivedAt));
    },
    cancel(messageId) {
      const entry = running.get(messageId);
      if (entry === undefined) stoppedBefore.add(messageId);
      else entry.abort.abort('cancelled' satisfies Ending);
    },
    async askAgain() {
      const begun = [...running].filter(([, { hasBegun }]) => hasBegun);
      await Promise.all(
        begun.map(async ([id, { abort, logger }]) => {
          if (!(await isWantedNow(id, abort.signal, logger))) abort.abort('unwanted' satisfies Ending);
        }),
      );
    },
    inHand: () => [...running].filter(([, { hasBegun }]) => hasBegun).map(([id]) => id),
    abandon: () => {
      abandoned.abort();
      for (const { abort } of running.values()) abort.abort('abandoned' satisfies Ending);
    },
  };
}

/** Resolves after the time, or at once when the signal is given. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function describeEnding(
  ending: Ending | undefined,
  error: unknown,
  { definition, timeoutMs }: Work,
): Parameters<ReplyWriter['fail']> {
  if (ending === 'cancelled') return ['cancelled', 'You stopped the answer.'];
  if (ending === 'timeout') {
    return ['agent_failed', `${definition.name} took longer than ${timeoutMs / 1000} s.`];
  }
  const { code, message } = error as ParleyError;
  return [code, message];
}
