import { setTimeout as delay } from 'node:timers/promises';
import type { EventContext } from '@parley/agent-kit';
import { type Mail, MailDelayedError, type Mailer } from './mailer.ts';

/** Less than the half hour after which RabbitMQ takes an event back that is not acknowledged. */
const PATIENCE_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 60_000;

export interface Patience {
  /** Ends the waiting; the mail is then not sent. */
  readonly signal: AbortSignal;
  readonly logger: EventContext['logger'];
  /** Before the second try, in milliseconds; doubled with each further one, up to a minute. @default 1000 */
  readonly firstPauseMs?: number;
  /** After so many milliseconds it is given up. @default 600000 */
  readonly patienceMs?: number;
}

/** Sends the mail, again and again while the mail server is away or wants it later. */
export async function sendPatiently(
  mail: Mail,
  mailer: Mailer,
  patience: Patience,
): Promise<'sent' | 'kept'> {
  const { signal, logger, firstPauseMs = 1000, patienceMs = PATIENCE_MS } = patience;
  const begun = performance.now();
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await mailer.send(mail);
    } catch (error) {
      const isOver = performance.now() + pauseMs - begun > patienceMs;
      if (!(error instanceof MailDelayedError) || isOver) throw error;
      logger.warn({ err: error, pauseMs }, 'the mail server does not take a mail now; it is tried again');
      await delay(pauseMs, undefined, { signal });
    }
  }
}
