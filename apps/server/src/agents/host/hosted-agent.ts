import {
  type AgentCode,
  type AgentDefinition,
  type CommandContext,
  type CommandOutcome,
  codeInThisThread,
  type EventContext,
  type GuestOptions,
  type MessageContext,
} from '@parley/agent-kit';
import type { AgentFrame, AgentHello, HostAnswer, HostCall, Push, ServerFrame } from '@parley/control-plane';
import { Reject } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import {
  CAPABILITIES,
  type ErrorCode,
  originOf,
  ParleyError,
  reportOf,
  subjectOf,
} from '@parley/shared-models';
import { AgentFault, answerMessage, handleEvent, takeCommand } from './agent-answers.ts';
import { type Context, doCall, isRead } from './agent-calls.ts';
import { createWork, type Work } from './work.ts';

/** An agent whose handlers are at the other end of a stream. */
export interface HostedAgent {
  readonly definition: AgentDefinition;
  readonly guest: GuestOptions;
  /** Resolves when more frames of the agent can be taken. @throws ParleyError the error that ends the stream */
  accept(frame: AgentFrame): Promise<void>;
  /** The agent is gone: no work in its hand is answered any more. */
  abandon(): void;
  readonly isGone: boolean;
  /** Resolves when no call is under way any more. */
  settled(): Promise<void>;
}

/** Calls to the server under way at once; a call beyond that is refused. */
const MAX_CALLS = 256;
/** Of these, calls whose answers may be large; with more of them the agent is read no further. */
const MAX_READS = 16;

type Over = NonNullable<ServerFrame['over']>;

export function createHostedAgent(hello: AgentHello, push: Push<ServerFrame>, logger: Logger): HostedAgent {
  const works = new Map<number, Work & { readonly context: Context }>();
  /** The works of commands, by the command's id, until the server has the result. */
  const commands = new Map<string, Work>();
  /** Works that have ended as far as their handler goes, by the id of the message or command: it is not safe yet. */
  const ending = new Map<string, ServerFrame>();
  const calls = new Set<Promise<void>>();
  const reads = new Set<Promise<void>>();
  let isGone = false;
  /** Never a number of an earlier stream: a late frame about that work must not be taken for one about another. */
  let lastWork = Date.now() * 1000;

  /** A stream that is read too slowly ends by itself. */
  const send = (frame: ServerFrame): void => void push.send(frame);
  const tellOver = (id: string): void => {
    const frame = ending.get(id);
    ending.delete(id);
    if (frame !== undefined) send(frame);
  };

  /**
   * Hands something to the agent; resolves with the outcome of its answer.
   * @param isLater whether it is the end of the work with this id, of which `tellOver` tells once it is safe.
   * @default it is told at once
   */
  const handOver = async <T>(
    work: Work,
    context: Context,
    said: Omit<ServerFrame, 'work'>,
    take: (number: number) => Promise<T>,
    {
      id = '',
      isLater = () => id !== '',
    }: { id?: string; isLater?(failure: unknown, taken?: T): boolean } = {},
  ): Promise<T> => {
    const number = ++lastWork;
    works.set(number, { ...work, context });
    let failure: unknown;
    let taken: T | undefined;
    try {
      send({ work: number, ...said });
      taken = await take(number);
      return taken;
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      works.delete(number);
      work.end();
      const frame = { work: number, over: overBecause(failure, context.signal, 'command' in context) };
      if (isLater(failure, taken)) ending.set(id, frame);
      else send(frame);
    }
  };

  const handOverMessage = (context: MessageContext, endsSession: boolean): Promise<void> => {
    const { message, signal } = context;
    const { user } = originOf(message);
    const work = createWork(signal);
    return handOver(
      work,
      context,
      { message: { message, userId: subjectOf(user), userName: user.name, endsSession } },
      () => answerMessage(work, context),
      {
        id: message.id,
        // A retry, a stop and an agent's fault are known at once.
        isLater: (failure) =>
          !signal.aborted &&
          (failure === undefined || (failure instanceof ParleyError && failure.details?.path === undefined)),
      },
    );
  };

  const handOverEvent = async (context: EventContext): Promise<void> => {
    const { channel, event, signal } = context;
    const work = createWork(signal);
    try {
      await handOver(work, context, { event: { channel, event } }, () => handleEvent(work, context));
    } catch (error) {
      if (!(error instanceof AgentFault)) throw error;
      throw new Reject('agent_failed', error.message, { cause: error });
    }
  };

  const handOverCommand = async (context: CommandContext): Promise<CommandOutcome> => {
    const { id, line, cwd = '', requestedBy = '', approvedBy = '', outputLimitBytes } = context.command;
    const command = { commandId: id, line, cwd, requestedBy, approvedBy, outputLimitBytes };
    // Stopped, it still has an end.
    const work = createWork();
    commands.set(id, work);
    const take = async (number: number): Promise<CommandOutcome> => {
      const onAbort = (): void => send({ work: number, stop: { reason: String(context.signal.reason) } });
      context.signal.addEventListener('abort', onAbort, { once: true });
      try {
        return await takeCommand(work, context);
      } finally {
        context.signal.removeEventListener('abort', onAbort);
      }
    };
    return handOver(work, context, { command }, take, {
      id,
      // It has ended without this answer, or it comes again.
      isLater: (_, taken) => commands.has(id) && !(taken !== undefined && 'awaitsApprovalBy' in taken),
    });
  };

  const answer = async (work: number, context: Context, call: HostCall): Promise<void> => {
    const answered = await doCall(context, call).catch((error: unknown): Partial<HostAnswer> => {
      const { code, message } = reportOf(error);
      if (code === 'internal') logger.warn({ err: error }, 'a call of an agent failed');
      return { errorCode: code, errorMessage: message };
    });
    send({ work, answer: { number: call.number, ...answered } });
  };

  const { definition, code } = codeOf(
    hello,
    { handOverMessage, handOverEvent, handOverCommand },
    () => isGone,
  );
  return {
    definition,
    guest: {
      code,
      onMessageEnded: tellOver,
      onCommandTold(id) {
        const work = commands.get(id);
        commands.delete(id);
        // Where it did not stop in time, nobody waits for its end any more.
        work?.end();
        tellOver(id);
      },
    },
    async accept(frame) {
      const { work: number, call, malformed } = frame;
      const refuse = (called: number, errorCode: ErrorCode, errorMessage: string): void =>
        send({ work: number, answer: { number: called, errorCode, errorMessage } });
      if (frame.hello !== undefined || (malformed !== undefined && number === 0)) {
        const { path, message } = malformed ?? {
          path: 'hello',
          message: 'hello: only the first frame has it',
        };
        throw new ParleyError('invalid_request', message, { details: { path } });
      }
      if (malformed?.call !== undefined) return refuse(malformed.call, 'invalid_request', malformed.message);
      if (call !== undefined && isRead(call)) while (reads.size >= MAX_READS) await Promise.race(reads);
      const work = works.get(number);
      if (call === undefined) {
        if (work !== undefined) return work.put(frame);
        if (malformed !== undefined) send({ work: number, over: { code: 'invalid_request', ...malformed } });
        return;
      }
      // It was stopped, or its time is over.
      if (work === undefined) return refuse(call.number, 'cancelled', 'The work is over.');
      if (calls.size >= MAX_CALLS)
        return refuse(call.number, 'rate_limited', `More than ${MAX_CALLS} calls are under way.`);
      const kinds = isRead(call) ? [calls, reads] : [calls];
      const answering = answer(number, work.context, call).finally(() => {
        for (const kind of kinds) kind.delete(answering);
      });
      for (const kind of kinds) kind.add(answering);
    },
    abandon() {
      isGone = true;
      for (const work of works.values()) work.end();
    },
    get isGone() {
      return isGone;
    },
    async settled() {
      while (calls.size > 0) await Promise.all(calls);
    },
  };
}

interface Handlers {
  handOverMessage(context: MessageContext, endsSession: boolean): Promise<void>;
  handOverEvent(context: EventContext): Promise<void>;
  handOverCommand(context: CommandContext): Promise<CommandOutcome>;
}

/** The definition that an agent has at this end, and how it is run: its calls end with its answer. */
function codeOf(
  { profile, takesSessionEnd, needsSignIn, attempts, commandConcurrency }: AgentHello,
  { handOverMessage, handOverEvent, handOverCommand }: Handlers,
  isGone: () => boolean,
): { readonly definition: AgentDefinition; readonly code: AgentCode } {
  const subscriptions = profile.subscriptions?.map(({ channel, types, replayLast = 0 }) => ({
    channel,
    replayLast,
    ...(types.length === 0 ? {} : { types }),
  }));
  const definition: AgentDefinition = {
    name: profile.name,
    group: profile.group,
    description: profile.description,
    capabilities: profile.capabilities,
    keywords: profile.keywords,
    examples: profile.examples,
    concurrency: profile.concurrency,
    ...(profile.timeoutMs === undefined ? {} : { timeoutMs: profile.timeoutMs }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(commandConcurrency === undefined ? {} : { commandConcurrency }),
    ...(needsSignIn ? { needsSignIn: `${profile.name} joins only where people sign in.` } : {}),
    onMessage: (context) => handOverMessage(context, false),
    ...(takesSessionEnd ? { onSessionEnd: (context) => handOverMessage(context, true) } : {}),
    ...(subscriptions === undefined || subscriptions.length === 0
      ? {}
      : { subscriptions, onEvent: handOverEvent }),
    ...(profile.capabilities.includes(CAPABILITIES.executesCommands) ? { onCommand: handOverCommand } : {}),
  };
  const here = codeInThisThread(definition);
  const untilAnswered = async <Parts extends { readonly signal: AbortSignal }, T>(
    parts: Parts,
    run: (parts: Parts) => Promise<T>,
  ): Promise<T> => {
    const over = new AbortController();
    try {
      return await run({ ...parts, signal: AbortSignal.any([parts.signal, over.signal]) });
    } finally {
      // A question is left for the next process, where this one is gone.
      over.abort(parts.signal.aborted ? parts.signal.reason : isGone() ? 'abandoned' : 'over');
    }
  };
  const code: AgentCode = {
    ...here,
    message: (run) => untilAnswered(run.parts, (parts) => here.message({ ...run, parts })),
    event: (event) => untilAnswered(event, here.event),
  };
  return { definition, code };
}

/** @param isCommand one that was stopped has an answer all the same */
function overBecause(failure: unknown, { aborted, reason }: AbortSignal, isCommand: boolean): Over {
  if (isCommand && failure === undefined) return { code: '', message: '', path: '' };
  const { message } = failure instanceof Error ? failure : { message: '' };
  const { code, details } =
    failure instanceof ParleyError ? failure : { code: undefined, details: undefined };
  if (details?.path !== undefined) return { code: 'invalid_request', message, path: String(details.path) };
  // Of an event an error is the reason that its time is over.
  if (aborted && (reason === 'timeout' || reason instanceof Error))
    return { code: 'agent_timeout', message: 'Its time is over.', path: '' };
  if (aborted && reason === 'abandoned') return { code: 'unavailable', message: 'It comes again.', path: '' };
  if (aborted) return { code: 'cancelled', message: 'It was stopped.', path: '' };
  return { code: failure === undefined ? '' : (code ?? 'agent_failed'), message, path: '' };
}
