import { setTimeout as sleep } from 'node:timers/promises';
import { ParleyError } from '@parley/shared-models';
import type { ControlPlaneClient } from '../client/create-client.ts';
import type { Logger } from '../logger.ts';
import { createFailureLog } from './failure-log.ts';

const BACKOFF_MAX_MS = 5_000;

export interface KeepConnectedOptions {
  readonly client: ControlPlaneClient;
  readonly logger: Logger;
  /** The member that stays connected, for the log: `agent "Echo"`. */
  readonly who: string;
  readonly url: string;
  /** Ends everything; no session is started any more. */
  readonly signal: AbortSignal;
  /** One stay at the server: ends, or rejects, when it is over. Calls `onJoined` when the server has taken it in. */
  session(signal: AbortSignal, onJoined: () => void): Promise<void>;
  /** Told why a session ended. false: there must not be another one. */
  mayRetry(error: ParleyError): boolean;
}

/** Starts one session after another, with back-off in between, until it is told to stop. Never rejects. */
export async function keepConnected(options: KeepConnectedOptions): Promise<void> {
  const { client, logger, who, url, signal, session, mayRetry } = options;
  const failures = createFailureLog(logger, who, url);
  let attempt = 0;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const error = await endOf(session(signal, failures.succeeded));
    if (signal.aborted) return;
    if (!(error instanceof ParleyError)) {
      logger.error({ err: error }, `${who}: something went wrong that is not the server's doing`);
    } else {
      if (!mayRetry(error)) return;
      failures.failed(error);
      // A new channel has no state of the old one; this is also what ends a half-open connection.
      if (error.code === 'unavailable') client.renewChannel();
    }
    // Only a session that lasted counts as a success: a server that takes everybody in and dies must not be stormed.
    if (performance.now() - startedAt > BACKOFF_MAX_MS) attempt = 0;
    await pause(backoffDelay(attempt), signal);
    attempt += 1;
  }
}

async function endOf(session: Promise<void>): Promise<unknown> {
  try {
    await session;
    return new ParleyError('unavailable', 'the server ended the stream');
  } catch (error) {
    return error;
  }
}

/** Resolves after the time, or at once when the signal is given. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

interface BackoffOptions {
  /** Upper bound of the first delay, in milliseconds. @default 100 */
  readonly baseMs?: number;
  /** Upper bound of every delay, in milliseconds. @default 5000 */
  readonly maxMs?: number;
}

/**
 * How long to wait before the next attempt, in milliseconds: exponential back-off with full jitter, that is anything
 * from 0 to the bound, so that a thousand agents do not all come back to a restarted server at once.
 * @param attempt failed attempts before, from 0
 * @param random from 0 to below 1. @default Math.random
 */
export function backoffDelay(
  attempt: number,
  { baseMs = 100, maxMs = BACKOFF_MAX_MS }: BackoffOptions = {},
  random: () => number = Math.random,
): number {
  return random() * Math.min(maxMs, baseMs * 2 ** attempt);
}
