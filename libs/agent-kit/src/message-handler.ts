import { setTimeout as delay } from 'node:timers/promises';
import type { AgentServices } from '@parley/control-plane';
import { STEP_RESULT, type StepCall, summaryOf } from '@parley/durable-tasks';
import { createConversationLanes, type Delivery, type MessageBus, Reject } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import {
  AGENT_TIMEOUT_MS,
  appendHop,
  ChatMessage,
  decodeSessionHint,
  HEADERS,
  ParleyError,
  traceIdOf,
} from '@parley/shared-models';
import type { AgentDefinition } from './agent-definition.ts';
import { createContext } from './context/create-context.ts';
import { runHandler } from './context/run-handler.ts';
import { createRecentIds } from './recent-ids.ts';
import { createReplyWriter, type ReplyWriter } from './reply-writer.ts';
import { settleWithin } from './settle-within.ts';
import { doStep } from './tasks/do-step.ts';
import { stepCallOf } from './tasks/step-request.ts';
import type { WorkMeter } from './work-meter.ts';

export interface MessageHandlerOptions {
  readonly bus: MessageBus;
  /** Asked for with each message; what is in hand goes on with the one that it began with. */
  readonly definition: () => AgentDefinition;
  /** Under which the agent remembers. */
  readonly group: () => string;
  /** What the server does for it: memory, history, questions to others. */
  readonly services: () => AgentServices;
  /** As registered; asked for with each message, since a registration can change it. */
  readonly identity: () => { readonly id: string; readonly name: string; readonly incarnation: number };
  /** Since when this process hears which answers are stopped, in milliseconds since 1970. */
  readonly listeningSince: () => number;
  readonly meter: WorkMeter;
  readonly logger: Logger;
  /**
   * How long an agent may take to end after its signal was aborted, e.g. to save what it has of a stream, in milliseconds.
   * @default 1000
   */
  readonly abortGraceMs?: number;
}

export interface MessageHandler {
  handle(delivery: Delivery): Promise<void>;
  /** Stops the answer to this message, if it is being written here. */
  cancel(messageId: string): void;
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

type Ending = 'cancelled' | 'timeout' | 'abandoned';

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
  readonly definition: AgentDefinition;
  readonly writer: ReplyWriter;
  readonly abort: AbortController;
}

/** Runs an agent's `onMessage` for each delivery of its queue, and makes sure that each request comes to an end. */
export function createMessageHandler(options: MessageHandlerOptions): MessageHandler {
  const { bus, meter, abortGraceMs } = options;
  const lanes = createConversationLanes();
  const finished = createRecentIds(REMEMBERED_REQUESTS);
  /** Stopped before they came: a signal may be faster than the queue. */
  const stoppedBefore = createRecentIds(REMEMBERED_STOPS);
  const running = new Map<string, AbortController>();
  const abandoned = new AbortController();

  const answer = async (request: ChatMessage, delivery: Delivery): Promise<void> => {
    // It waited behind another one of its conversation.
    if (abandoned.signal.aborted) throw new Error('the process is going down');
    const key = `${request.id}#${delivery.envelope.headers[HEADERS.attempt] ?? 0}`;
    // Handed out again because its acknowledgement was lost: all it brought about is safe in the queue.
    if (finished.has(key)) return;
    const { id, name } = options.identity();
    const logger = options.logger.child({
      messageId: request.id,
      conversationId: request.conversationId,
      traceId: traceIdOf(delivery.envelope.headers),
    });
    if (mayHaveEnded(delivery) && !(await isWanted(request, logger))) {
      logger.info('a message was stopped, or has ended otherwise, before it was begun here');
      finished.add(key);
      return;
    }
    const writer = createReplyWriter({
      bus,
      request,
      requestHeaders: delivery.envelope.headers,
      hops: appendHop(String(delivery.envelope.headers[HEADERS.hops] ?? ''), `agent:${id}`),
      agent: { kind: 'agent', id, name },
      // The latest: who has registered again meanwhile is not somebody else.
      incarnation: () => options.identity().incarnation,
      abandoned: abandoned.signal,
      logger,
    });
    const abort = new AbortController();
    const isSessionEnd = endsSession(delivery);
    const definition = options.definition();
    const call = stepCallOf(request);
    const timeoutMs = call?.timeoutMs ?? definition.timeoutMs ?? AGENT_TIMEOUT_MS;
    const work = { request, logger, isSessionEnd, call, timeoutMs, definition, writer, abort };
    running.set(request.id, abort);
    if (stoppedBefore.has(request.id)) abort.abort('cancelled' satisfies Ending);
    const done = meter.begin();
    let hasSucceeded = false;
    try {
      hasSucceeded = await attemptAnswer(work);
      finished.add(key);
    } finally {
      running.delete(request.id);
      done(hasSucceeded);
    }
  };

  /** It may have been stopped while nobody here could hear that. */
  const mayHaveEnded = ({ envelope, redeliveries }: Delivery): boolean =>
    redeliveries > 0 || envelope.timestamp < options.listeningSince() + CLOCKS_DIFFER_MS;

  const isWanted = async ({ id }: ChatMessage, logger: Logger): Promise<boolean> => {
    try {
      return await options.services().isWanted({ requestId: id });
    } catch (err) {
      logger.warn({ err }, 'the server does not say whether a message is still wanted: it is answered');
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
      } catch (error) {
        const ending = abort.signal.reason as Ending | undefined;
        if (ending === 'abandoned') throw error;
        if (ending !== undefined || error instanceof ParleyError) {
          await writer.fail(...describeEnding(ending, error, work));
          return false;
        }
        logger.warn({ err: error, attempt }, 'the agent threw while it handled a message');
        // Trying again after a reply was sent would answer twice.
        if (attempt >= attempts || writer.count > 0) {
          const message = error instanceof Error ? error.message : String(error);
          throw new Reject('agent_failed', `${definition.name} failed: ${message}`, { cause: error });
        }
        await delay(FIRST_RETRY_MS * 2 ** (attempt - 1), undefined, { signal: abort.signal }).catch(() => {});
      }
    }
  };

  const runOnce = async ({
    request,
    logger,
    isSessionEnd,
    call,
    timeoutMs,
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
    try {
      const context = createContext({
        request,
        agent: options.identity(),
        group: options.group(),
        writer,
        services: options.services(),
        bus,
        isDriver: definition.tasks !== undefined,
        signal: abort.signal,
        logger,
      });
      if (call !== undefined) {
        const step = doStep({ definition, context, call, bus });
        const result = await settleWithin(step, aborted.promise, abort.signal, abortGraceMs);
        // What comes after its time is not what was wanted, and may be only half of it.
        abort.signal.throwIfAborted();
        return await writer.reply(summaryOf(result), { [STEP_RESULT]: result });
      }
      const work = Promise.resolve(runHandler(definition, context, isSessionEnd));
      const text = await settleWithin(work, aborted.promise, abort.signal, abortGraceMs);
      // What `stream` returned, or a text beside a reply, has been said already.
      if (typeof text === 'string' && text !== '' && writer.count === 0) await writer.reply(text);
    } finally {
      clearTimeout(timer);
      abort.signal.removeEventListener('abort', onAbort);
    }
  };

  return {
    async handle(delivery) {
      const request = parseRequest(delivery);
      refuseForLaterIncarnation(delivery, options.identity().incarnation);
      await lanes.run(request.conversationId, () => answer(request, delivery));
    },
    cancel(messageId) {
      const abort = running.get(messageId);
      if (abort === undefined) stoppedBefore.add(messageId);
      else abort.abort('cancelled' satisfies Ending);
    },
    abandon: () => {
      abandoned.abort();
      for (const abort of running.values()) abort.abort('abandoned' satisfies Ending);
    },
  };
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

function endsSession({ envelope }: Delivery): boolean {
  const hint = envelope.headers[HEADERS.session];
  if (hint === undefined) return false;
  try {
    return decodeSessionHint(String(hint)).isEnding;
  } catch (cause) {
    throw new Reject('malformed_message', 'the header "session" is no session hint', { cause });
  }
}

/** It is for the process that has replaced this one, which does not know of that yet. */
function refuseForLaterIncarnation({ envelope }: Delivery, own: number): void {
  const wanted = Number(envelope.headers[HEADERS.incarnation] ?? 0);
  if (wanted > own) throw new Error(`the message is for incarnation ${wanted}, this is ${own}`);
}

function parseRequest(delivery: Delivery): ChatMessage {
  const { envelope } = delivery;
  if (envelope.type !== 'chat.message') {
    throw new Reject(
      'malformed_message',
      `an agent takes chat.message, not ${JSON.stringify(envelope.type.slice(0, 64))}`,
    );
  }
  try {
    return ChatMessage.parse(JSON.parse(Buffer.from(envelope.body).toString('utf8')));
  } catch (cause) {
    throw new Reject('malformed_message', 'the body is no chat message', { cause });
  }
}
