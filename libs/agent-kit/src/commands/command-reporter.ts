import { setTimeout as delay } from 'node:timers/promises';
import { type AgentCommandOutput, type AgentMembership, untilAborted } from '@parley/control-plane';
import type { Logger } from '@parley/process-kit';
import { ParleyError } from '@parley/shared-models';
import type { CommandEntry } from './command-entry.ts';

/** Tells the server about one command until it has the result. */
export interface CommandReporter {
  /** There is something new to tell. */
  wake(): void;
  /** Begins again behind this piece of output: the server has asked, or has come back. */
  resume(afterSeq: number): void;
  /** Settles when the server has all of it, or never will have. Never rejects. */
  readonly done: Promise<void>;
  stop(): void;
}

export type CommandLink = Pick<
  AgentMembership,
  'openCommandOutput' | 'sendCommandResult' | 'sendCommandState'
>;

/** A command that has ended meanwhile is told of at once, within this time in milliseconds. */
const LOOK_MS = 100;
const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 5_000;
/** In milliseconds: at first output is seen at once; in a long run it is no flood of messages. */
const FIRST_GATHER_MS = 25;
const MAX_GATHER_MS = 30_000;
/** After so many pieces more, pieces are gathered twice as long. */
const DOUBLE_AFTER = 1024;
/**
 * A retry cannot succeed after these. `stale_incarnation` is not among them: the process may have registered again, and
 * reports under its new number; a process that was replaced is ended as a whole.
 */
const FINAL_CODES = new Set(['not_found', 'invalid_request', 'forbidden', 'not_supported']);

/**
 * Sends the state, then the output in order, then the result, over the connection of the moment; pieces that the server
 * may not have received are sent again. Pieces are sent one at a time: those that the server has not taken stay in the
 * entry, which is bounded.
 */
export function createCommandReporter(
  entry: CommandEntry,
  link: () => CommandLink,
  logger: Logger,
): CommandReporter {
  const stopped = new AbortController();
  let round = new AbortController();
  let news = Promise.withResolvers<void>();
  let confirmedSeq = 0;

  const nextNews = async (signal: AbortSignal): Promise<void> => {
    await untilAborted(() => news.promise, signal);
    news = Promise.withResolvers();
  };

  const gather = async (ms: number, signal: AbortSignal): Promise<void> => {
    for (let left = ms; left > 0 && entry.result === undefined; left -= LOOK_MS)
      await delay(Math.min(left, LOOK_MS), undefined, { signal });
  };

  /** Returns when the server has the result. */
  const tell = async (signal: AbortSignal): Promise<void> => {
    let stream: AgentCommandOutput | undefined;
    let reported: CommandEntry['report'];
    let sent = confirmedSeq;
    try {
      for (;;) {
        signal.throwIfAborted();
        const { report, result } = entry;
        if (report !== undefined && report !== reported) {
          await untilAborted(() => link().sendCommandState({ commandId: entry.id, ...report }), signal);
          reported = report;
          continue;
        }
        const pieces = entry.output.after(sent);
        for (const piece of pieces) {
          stream ??= link().openCommandOutput();
          const open = stream;
          await untilAborted(() => open.send({ commandId: entry.id, ...piece }), signal);
          sent = piece.seq;
        }
        if (pieces.length > 0) {
          await gather(gatherMs(sent), signal);
        } else if (result !== undefined) {
          const open = stream;
          if (open !== undefined) await untilAborted(() => open.end(), signal);
          stream = undefined;
          confirmedSeq = sent;
          await untilAborted(() => link().sendCommandResult(result), signal);
          return;
        } else await nextNews(signal);
      }
    } finally {
      stream?.cancel();
    }
  };

  const tellUntilTaken = async (): Promise<void> => {
    let retryMs = FIRST_RETRY_MS;
    while (!stopped.signal.aborted) {
      round = new AbortController();
      const signal = AbortSignal.any([round.signal, stopped.signal]);
      try {
        await tell(signal);
        // Asked again while the last answer was on its way.
        if (!signal.aborted) return;
      } catch (err) {
        if (signal.aborted) {
          retryMs = FIRST_RETRY_MS;
          continue;
        }
        const expected = err instanceof ParleyError ? err.details?.expectedSeq : undefined;
        // The server lacks pieces that it had confirmed: its store is an older one.
        if (typeof expected === 'number') confirmedSeq = Math.min(confirmedSeq, expected - 1);
        else if (err instanceof ParleyError && FINAL_CODES.has(err.code)) {
          logger.error({ err, commandId: entry.id }, 'the server refuses the report of a command');
          return;
        }
        logger.debug({ err, commandId: entry.id }, 'the server could not be told of a command; trying again');
        await pause(retryMs, signal);
        retryMs = Math.min(2 * retryMs, MAX_RETRY_MS);
      }
    }
  };

  const done = tellUntilTaken().finally(() => {
    if (stopped.signal.aborted) return;
    entry.isTold = true;
    entry.output.clear();
  });
  return {
    done,
    wake: () => news.resolve(),
    resume(afterSeq) {
      confirmedSeq = afterSeq;
      round.abort();
    },
    stop: () => stopped.abort(),
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/**
 * How long output is gathered into the next piece when so many were made before, in milliseconds. A server keeps 16,384
 * pieces of one command: a program that prints a little without end reaches that after a day, not after minutes.
 */
export function gatherMs(pieces: number): number {
  return Math.min(MAX_GATHER_MS, FIRST_GATHER_MS * 2 ** Math.floor(pieces / DOUBLE_AFTER));
}
