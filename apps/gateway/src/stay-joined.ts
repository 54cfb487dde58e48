import { type Client, type ConnectionState, createBackoff } from '@parley/client';
import type { Logger } from '@parley/process-kit';

export interface StayJoinedOptions {
  readonly client: Client;
  readonly logger: Logger;
  /** How the external server is called in the log. */
  readonly external: string;
  /** Makes a token before each try, where there is no lasting one. */
  readonly renewToken?: (() => Promise<void>) | undefined;
}

/** Longest wait before the next try after a refusal, in milliseconds. */
const LONGEST_WAIT_MS = 60_000;
/** A connection that held this long was a good one: the waits begin short again. In milliseconds. */
const STABLE_MS = 5_000;

type Closed = Extract<ConnectionState, { state: 'closed' }>;

/**
 * Joins Parley and comes back, also after a refusal, which a client takes for final: the token may be renewed, or the
 * server may get another secret. Of refusals in a row one line tells.
 * @returns a function that ends it
 */
export function stayJoined({ client, logger, external, renewToken }: StayJoinedOptions): () => Promise<void> {
  const backoff = createBackoff({ minMs: 1000, maxMs: LONGEST_WAIT_MS });
  let retry: NodeJS.Timeout | undefined;
  let joining: Promise<void> | undefined;
  let openSince: number | undefined;
  let hasComplained = false;
  let isStopped = false;

  const join = (): void => {
    joining = (async () => {
      await renewToken?.();
      if (!isStopped) client.connect();
    })().catch((err: unknown) => {
      logger.error({ err }, 'no token could be made for the gateway');
      again();
    });
  };
  const again = (): void => {
    if (!isStopped) retry = setTimeout(join, backoff.next());
  };

  const refused = ({ reason, message }: Closed): void => {
    const wasOpen = openSince !== undefined;
    if (openSince !== undefined && performance.now() - openSince > STABLE_MS) {
      backoff.reset();
      hasComplained = false;
    }
    openSince = undefined;
    if (wasOpen && reason === 'unauthenticated' && renewToken !== undefined) {
      logger.info("the gateway's token ran out: making a new one");
    } else if (!hasComplained) {
      const why = message ? `: ${message}` : '';
      const advice =
        reason === 'unauthenticated' && renewToken === undefined
          ? '; set PARLEY_TOKEN to one with the role operator'
          : '';
      logger.error(`Parley refuses the gateway (${reason})${why}${advice}; trying again now and then`);
      hasComplained = true;
    }
    again();
  };

  const stopListening = client.on('connection', (state) => {
    if (state.state === 'open') {
      openSince = performance.now();
      logger.info({ external }, 'joined to Parley');
    } else if (state.state === 'waiting') {
      logger.warn({ why: state.message }, 'Parley is away; trying again');
    } else if (state.state === 'closed' && state.reason !== 'closed') {
      refused(state);
    }
  });
  join();

  return async () => {
    isStopped = true;
    clearTimeout(retry);
    stopListening();
    await joining;
  };
}
