import { StringDecoder } from 'node:string_decoder';
import { setTimeout as delay } from 'node:timers/promises';
import { types } from 'node:util';
import type { Logger } from '@parley/process-kit';
import { ParleyError, storableText } from '@parley/shared-models';
import { z } from 'zod';
import type { AgentDefinition } from '../agent-definition.ts';
import { describeValue } from '../given/describe-value.ts';
import { errorOf } from '../given/error-of.ts';
import { type CommandEnd, type CommandOutcome, requestOf } from './command-context.ts';
import type { CommandEntry, EntryResult, Stopping } from './command-entry.ts';
import type { Turns } from './turns.ts';

export interface RunCommandOptions {
  readonly definition: AgentDefinition;
  readonly turns: Turns;
  /** It has its turn before its handler hears of it. @default `begin` waits for it */
  readonly hasTurnFirst: boolean;
  readonly logger: Logger;
  /** The entry has changed: the server is to be told. */
  onChange(): void;
}

/** A command that was stopped has this long to end: SIGTERM, three seconds, SIGKILL, and some, in milliseconds. */
const STOP_GRACE_MS = 10_000;
/** `setTimeout` takes no more. */
const MAX_TIMER_MS = 2_147_483_647;

/** Lets the agent's own code execute a command; leaves the entry ended, or waiting for an approval. Never rejects. */
export async function runCommand(entry: CommandEntry, options: RunCommandOptions): Promise<void> {
  const { definition, turns, logger } = options;
  const { command, abort } = entry;
  const startedAt = performance.now();
  const over = new AbortController();
  const stopped = AbortSignal.any([abort.signal, over.signal]);
  let begun: Promise<void> | undefined;
  let begunAt: number | undefined;
  let giveBack: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let timeoutMs = command.timeoutMs;

  const takeTurn = async (): Promise<void> => {
    if (giveBack !== undefined) return;
    entry.state = 'waiting';
    giveBack = await turns.take(stopped);
    // Stopped after it was given its turn and before this line.
    if (stopped.aborted) giveBack();
    stopped.throwIfAborted();
  };
  const begin = async (rule: string | undefined, ownTimeoutMs: number | undefined): Promise<void> => {
    stopped.throwIfAborted();
    // That it waits for its turn is not its fault.
    clearTimeout(timer);
    await takeTurn();
    begunAt = performance.now();
    entry.state = 'running';
    entry.report = { state: 'running', ...(rule === undefined ? {} : { rule }) };
    options.onChange();
    endAfter([timeoutMs, ownTimeoutMs ?? 0]);
  };
  const beginOnce = (rule: string | undefined, ownTimeoutMs: number | undefined): Promise<void> => {
    begun ??= begin(rule, ownTimeoutMs);
    // Somebody listens, so that one that its handler does not wait for is no unhandled rejection.
    begun.catch(() => {});
    return begun;
  };
  const endAfter = (given: readonly number[]): void => {
    const limits = given.filter((ms) => ms > 0);
    if (limits.length === 0) return;
    timeoutMs = Math.min(...limits, MAX_TIMER_MS);
    timer = setTimeout(() => abort.abort('timeout' satisfies Stopping), timeoutMs);
  };
  const printer = (stream: 'stdout' | 'stderr'): ((given: string | Uint8Array) => void) => {
    const decoder = new StringDecoder('utf8');
    return (given) => {
      entry.output.add(stream, printedText(given, decoder, `output.${stream}()`));
      options.onChange();
    };
  };

  try {
    if (definition.onCommand === undefined) {
      return end(entry, { refusedBy: '', errorMessage: 'This agent executes no commands.' }, 0);
    }
    if (options.hasTurnFirst) {
      await takeTurn();
      entry.state = 'deciding';
    }
    // Also one that never says that it runs has an end.
    endAfter([timeoutMs]);
    const work = Promise.resolve(
      definition.onCommand({
        command: requestOf(command),
        output: { stdout: printer('stdout'), stderr: printer('stderr') },
        begin: ({ rule, timeoutMs: own } = {}) => beginOnce(rule, own),
        signal: abort.signal,
        logger: logger.child({ commandId: entry.id }),
      }),
    );
    const outcome = await withinGrace(work, abort.signal);
    const durationMs = performance.now() - (begunAt ?? startedAt);
    if (outcome === 'still running') {
      logger.error({ commandId: entry.id }, 'a command does not stop');
      end(entry, { errorMessage: 'It was to stop and did not.' }, durationMs, { isLost: true });
    } else end(entry, outcomeOf(outcome, definition.name), durationMs, stoppingOf(abort.signal, timeoutMs));
  } catch (thrown) {
    const err = errorOf(thrown);
    const isStopped = abort.signal.aborted;
    if (!isStopped) logger.warn({ err, commandId: entry.id }, 'the agent threw while it executed a command');
    const errorMessage = storableText(err.message);
    const durationMs = begunAt === undefined ? 0 : performance.now() - begunAt;
    end(entry, isStopped ? {} : { errorMessage }, durationMs, stoppingOf(abort.signal, timeoutMs));
  } finally {
    over.abort(new Error('The command has ended.'));
    clearTimeout(timer);
    giveBack?.();
    options.onChange();
  }
}

function printedText(given: unknown, decoder: StringDecoder, where: string): string {
  if (typeof given === 'string') return given;
  // A piece of a program's output can end in the middle of a character.
  if (types.isUint8Array(given)) return decoder.write(given);
  throw new ParleyError(
    'agent_failed',
    `${where} was given ${describeValue(given)}; it takes a text or bytes.`,
  );
}

const Outcome = z.union([
  z.strictObject({ refusedBy: z.string(), errorMessage: z.string() }),
  z.strictObject({ awaitsApprovalBy: z.string() }),
  z.strictObject({
    exitCode: z.int().optional(),
    signal: z.string().optional(),
    errorMessage: z.string().optional(),
    isTruncated: z.boolean().optional(),
    durationMs: z.number().nonnegative().optional(),
  }),
]);

function outcomeOf(returned: unknown, name: string): CommandOutcome {
  if (returned === undefined || returned === null) return {};
  if (Outcome.safeParse(returned).success) return returned as CommandOutcome;
  throw new ParleyError(
    'agent_failed',
    `onCommand of ${name} returned ${describeValue(returned)}; it may return nothing, { exitCode, signal, errorMessage, isTruncated, durationMs }, { refusedBy, errorMessage } or { awaitsApprovalBy }.`,
  );
}

/** A command that ends without the agent's own code: a control command, or one that never began. */
export function endCommand(entry: CommandEntry, outcome: CommandEnd, more: Partial<EntryResult> = {}): void {
  end(entry, outcome, performance.now() - entry.receivedAt, more);
}

function end(
  entry: CommandEntry,
  outcome: CommandOutcome,
  durationMs: number,
  more: Partial<EntryResult> = {},
): void {
  if ('awaitsApprovalBy' in outcome && !entry.abort.signal.aborted) {
    entry.state = 'awaiting_approval';
    entry.report = { state: 'awaiting_approval', rule: outcome.awaitsApprovalBy };
    return;
  }
  entry.state = 'ended';
  entry.result = { commandId: entry.id, durationMs, ...resultOf(entry, outcome), ...more };
}

function resultOf(
  entry: CommandEntry,
  outcome: CommandOutcome,
): Omit<EntryResult, 'commandId' | 'durationMs'> & { durationMs?: number } {
  if ('awaitsApprovalBy' in outcome) return { success: false, truncated: false };
  if ('refusedBy' in outcome) {
    const { refusedBy, errorMessage } = outcome;
    return {
      success: false,
      truncated: false,
      refusedByRule: refusedBy,
      errorMessage: errorMessage.slice(0, 4_000),
    };
  }
  const { exitCode, signal, errorMessage, isTruncated = false, durationMs } = outcome;
  return {
    success: (exitCode ?? 0) === 0 && signal === undefined && errorMessage === undefined,
    truncated: isTruncated || entry.output.isTruncated,
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(errorMessage === undefined ? {} : { errorMessage: errorMessage.slice(0, 4_000) }),
  };
}

function stoppingOf(signal: AbortSignal, timeoutMs: number): Partial<EntryResult> {
  if (!signal.aborted) return {};
  const reason = signal.reason as Stopping;
  if (reason === 'timeout') {
    return { success: false, isTimedOut: true, errorMessage: `It took longer than ${timeoutMs / 1000} s.` };
  }
  return {
    success: false,
    isCancelled: true,
    ...(reason === 'abandoned' ? { errorMessage: 'The agent went down.' } : {}),
  };
}

async function withinGrace<T>(work: Promise<T>, signal: AbortSignal): Promise<T | 'still running'> {
  const settled = new AbortController();
  const graceOver = async (): Promise<'still running'> => {
    const aborted = Promise.withResolvers<void>();
    const onAbort = (): void => aborted.resolve();
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    settled.signal.addEventListener('abort', onAbort, { once: true });
    await aborted.promise;
    signal.removeEventListener('abort', onAbort);
    if (!settled.signal.aborted) {
      await delay(STOP_GRACE_MS, undefined, { signal: settled.signal }).catch(() => {
        // The work has settled, and its result has won.
      });
    }
    return 'still running';
  };
  try {
    return await Promise.race([work, graceOver()]);
  } finally {
    settled.abort();
  }
}
