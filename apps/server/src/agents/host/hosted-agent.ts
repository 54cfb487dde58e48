import {
  type AgentCode,
  type AgentDefinition,
  type AgentMemory,
  type CommandContext,
  type CommandOutcome,
  codeInThisThread,
  type EventContext,
  type GuestOptions,
  type MessageContext,
} from '@parley/agent-kit';
import type {
  AgentFrame,
  AgentHello,
  CommandEnd,
  HostAnswer,
  HostCall,
  MemoryEntry,
  Push,
  ServerFrame,
} from '@parley/control-plane';
import { Reject } from '@parley/messaging';
import type { Logger } from '@parley/process-kit';
import {
  CAPABILITIES,
  type ErrorCode,
  JsonValue,
  originOf,
  ParleyError,
  reportOf,
  subjectOf,
} from '@parley/shared-models';
import { createWork, type Work } from './work.ts';

/** An agent whose handlers are at the other end of a stream. */
export interface HostedAgent {
  readonly definition: AgentDefinition;
  readonly guest: GuestOptions;
  /** Resolves when more of what the agent says can be taken. @throws ParleyError what ends the stream */
  accept(frame: AgentFrame): Promise<void>;
  /** The agent is gone: nothing of what it has in hand is answered any more. */
  abandon(): void;
  readonly isGone: boolean;
  /** Resolves when no call is under way any more. */
  settled(): Promise<void>;
}

/** What may be wanted of the server at once; a call beyond that is refused. */
const MAX_CALLS = 256;
/** Of these, calls whose answers may be large; with more of them the agent is read no further. */
const MAX_READS = 16;

type Context = MessageContext | EventContext | CommandContext;
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
  /** Never one of an earlier stream: what an agent still says of that must not be taken for another work. */
  let lastWork = Date.now() * 1000;

  /** A stream that is read too slowly ends by itself. */
  const send = (frame: ServerFrame): void => void push.send(frame);
  const tellOver = (id: string): void => {
    const frame = ending.get(id);
    ending.delete(id);
    if (frame !== undefined) send(frame);
  };

  /**
   * Hands something to the agent; resolves with what its answer comes to.
   * @param isLater whether it is the end of what has this id, of which `tellOver` tells once it is safe. @default it is told at once
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
        // What is tried again, was stopped, or was wrong is known at once.
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
      if (code === 'internal') logger.warn({ err: error }, 'what an agent has called for failed');
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

/** The definition that an agent has at this end, and how it is run: with its answer ends what it has called for. */
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

/** What an agent itself has said wrong, or that it has failed for good. */
class AgentFault extends ParleyError {}

/** @returns Error where the agent says no code: then it is tried again */
function failureOf({ malformed, failed }: AgentFrame): Error | undefined {
  if (malformed !== undefined) return wrong(malformed.path, malformed.message);
  if (failed === undefined) return undefined;
  const error =
    failed.code === undefined ? new Error(failed.message) : new AgentFault(failed.code, failed.message);
  // Where it was thrown is not here.
  error.stack = `${error.name}: ${error.message}`;
  return error;
}

function wrong(path: string, message: string): AgentFault {
  return new AgentFault('agent_failed', `The agent's answer is wrong: ${message}`, { details: { path } });
}

/** The field of a frame that does not belong there. */
function misplaced(frame: AgentFrame, where: string): AgentFault {
  const [name = 'frame'] = Object.keys(frame).filter((key) => key !== 'work');
  const field = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return wrong(field, `${field}: not for ${where}`);
}

/** What the agent says of a work until it is stopped. @throws Error when it is */
async function nextFrame(work: Work): Promise<AgentFrame> {
  const frame = await work.next();
  if (frame === undefined) throw new Error('the work was stopped');
  const failure = failureOf(frame);
  if (failure !== undefined) throw failure;
  return frame;
}

async function answerMessage(work: Work, context: MessageContext): Promise<void> {
  for (;;) {
    let frame = await nextFrame(work);
    if (frame.typing !== undefined) {
      context.typing(frame.typing);
      continue;
    }
    if (frame.piece !== undefined) {
      const last = await streamPieces(work, context, frame.piece);
      // Stopped: what was shown is the reply.
      if (last === undefined) return;
      frame = last;
    } else if (frame.reply !== undefined) {
      await context.reply(textFor(frame.reply), frame.reply.metadata);
    }
    if (frame.done !== undefined || frame.reply?.more === false) return;
    if (frame.reply === undefined) throw misplaced(frame, 'a message');
  }
}

function textFor({ text, inReplyTo }: NonNullable<AgentFrame['reply']>): string {
  if (inReplyTo === undefined) return text;
  throw wrong('reply.in_reply_to', 'reply.in_reply_to: not for a message');
}

/** Shows the pieces until a frame ends what they have begun, and resolves with that; undefined: the person has stopped it. */
async function streamPieces(
  work: Work,
  context: MessageContext,
  first: string,
): Promise<AgentFrame | undefined> {
  let last: AgentFrame | undefined;
  const pieces = async function* (): AsyncGenerator<string> {
    yield first;
    while (last === undefined) {
      const frame = await nextFrame(work);
      if (frame.piece !== undefined) yield frame.piece;
      else if (frame.typing !== undefined) context.typing(frame.typing);
      else {
        if (frame.reply === undefined && frame.done === undefined) throw misplaced(frame, 'a message');
        last = frame;
        if (frame.reply !== undefined) yield textFor(frame.reply);
      }
    }
  };
  await context.stream(pieces(), () => last?.reply?.metadata ?? {});
  // It was cut off: what the agent still writes is too much.
  while (last === undefined && !context.signal.aborted) {
    const frame = await nextFrame(work);
    if (frame.reply !== undefined || frame.done !== undefined) last = frame;
  }
  return last;
}

async function handleEvent(work: Work, context: EventContext): Promise<void> {
  for (;;) {
    const frame = await nextFrame(work);
    if (frame.done !== undefined) return;
    if (frame.reply === undefined) throw misplaced(frame, 'an event');
    const { text, inReplyTo, metadata, more } = frame.reply;
    if (inReplyTo === undefined) throw wrong('reply.in_reply_to', 'reply.in_reply_to: the id of a message');
    if (metadata !== undefined) throw wrong('reply.metadata', 'reply.metadata: not for an event');
    await context.reply(text, { messageId: inReplyTo });
    if (!more) return;
  }
}

async function takeCommand(work: Work, context: CommandContext): Promise<CommandOutcome> {
  for (;;) {
    const frame = await nextFrame(work);
    if (frame.commandEnd !== undefined) return outcomeOf(frame.commandEnd);
    if (frame.output === undefined) throw misplaced(frame, 'a command');
    // It has its turn. That it was stopped meanwhile is heard by its signal.
    await context.begin().catch(() => undefined);
    context.output[frame.output.stream](frame.output.data);
  }
}

/** Whether its answer may be large. */
const isRead = ({ readMemory, writeMemory, readHistory }: HostCall): boolean =>
  readMemory !== undefined || writeMemory !== undefined || readHistory !== undefined;

function outcomeOf({
  exitCode,
  signal,
  errorMessage,
  refusedBy,
  awaitsApprovalBy,
  isTruncated,
}: CommandEnd): CommandOutcome {
  if (typeof refusedBy === 'string') return { refusedBy, errorMessage: errorMessage ?? 'It is refused.' };
  if (typeof awaitsApprovalBy === 'string') return { awaitsApprovalBy };
  return {
    ...(typeof exitCode === 'number' ? { exitCode } : {}),
    ...(signal === undefined ? {} : { signal }),
    ...(errorMessage === undefined ? {} : { errorMessage }),
    isTruncated,
  };
}

/** @throws ParleyError what the call is answered with */
async function doCall(context: Context, call: HostCall): Promise<Partial<HostAnswer>> {
  if ('command' in context) {
    if (call.begin === undefined) throw invalid('call: a command can only `begin`');
    const { rule, timeoutMs } = call.begin;
    await context
      .begin({ ...(rule === undefined ? {} : { rule }), ...(timeoutMs === undefined ? {} : { timeoutMs }) })
      .catch((error: unknown) => {
        throw new ParleyError('cancelled', 'The command was stopped before it began.', { cause: error });
      });
    return {};
  }
  if (call.publish !== undefined) {
    const { channel, type, payload, id } = call.publish;
    const eventId = await context.publish(channel, type, jsonOf(payload), id === undefined ? {} : { id });
    return { eventId };
  }
  const memoryCall = call.readMemory ?? call.writeMemory ?? call.forgetMemory;
  if (memoryCall !== undefined) {
    const memory = memoryFor(context, memoryCall);
    const { key } = memoryCall;
    if (call.writeMemory !== undefined) {
      const { value, expectedVersion } = call.writeMemory;
      return { entry: entryOf(key, await memory.put(key, JSON.parse(value), expecting(expectedVersion))) };
    }
    if (call.forgetMemory !== undefined) {
      await memory.delete(key, expecting(call.forgetMemory.expectedVersion));
      return {};
    }
    return { entry: entryOf(key, await memory.read(key, JsonValue)) };
  }
  if (call.begin !== undefined) throw invalid('call.begin: only for a command');
  if (!('history' in context)) throw invalid('call: an event has neither history nor questions');
  if (call.readHistory !== undefined) {
    const { limit } = call.readHistory;
    return { messages: await context.history(limit === undefined ? {} : { limit }) };
  }
  if (call.ask === undefined) throw invalid('call: it must have one of its fields');
  const { targetName, targetAgentId, targetGroup, text, timeoutMs } = call.ask;
  const target =
    targetAgentId !== undefined
      ? { agentId: targetAgentId }
      : targetGroup !== undefined
        ? { group: targetGroup }
        : (targetName ?? '');
  return { reply: await context.ask(target, text, timeoutMs === undefined ? {} : { timeoutMs }) };
}

function entryOf(key: string, stored: { readonly value: unknown; readonly version: number }): MemoryEntry {
  const { value, version } = stored;
  const text = value === undefined ? '' : JSON.stringify(value);
  return { key, value: text, version, updatedAt: '', isDeleted: version > 0 && text === '', writeId: '' };
}

function memoryFor(
  context: MessageContext | EventContext,
  { isShared, userId }: { readonly isShared: boolean; readonly userId?: string | undefined },
): AgentMemory {
  if ('memoryAbout' in context) return userId === undefined ? context.memory : context.memoryAbout(userId);
  if (userId !== undefined) throw invalid('call: user_id is for events: a message is about its own person');
  return isShared ? context.memory.shared : context.memory;
}

function jsonOf(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ParleyError('invalid_request', 'call.publish.payload: no JSON', { cause });
  }
}

const expecting = (expectedVersion: number | undefined): { readonly expectedVersion?: number } =>
  expectedVersion === undefined ? {} : { expectedVersion };

const invalid = (message: string): ParleyError => new ParleyError('invalid_request', message);
