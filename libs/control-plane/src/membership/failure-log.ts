import type { ParleyError } from '@parley/shared-models';
import type { Logger } from '../logger.ts';
import { isForgotten, isRefusal } from './refusals.ts';

/** Time until an ongoing failure is logged again, doubled each time, in milliseconds. */
const FIRST_REPEAT_MS = 10_000;
const LAST_REPEAT_MS = 300_000;

/** One line when the server is lost, again at growing intervals while it stays away, one when it is back. */
export interface FailureLog {
  failed(error: ParleyError): void;
  succeeded(): void;
}

/**
 * @param who is away from the server, e.g. `agent "Echo"`
 * @param now milliseconds of a clock that does not jump. @default performance.now
 */
export function createFailureLog(
  logger: Logger,
  who: string,
  url: string,
  now: () => number = () => performance.now(),
): FailureLog {
  let since: number | undefined;
  let repeatAt = 0;
  let repeatMs = 0;
  let lastCode = '';

  return {
    failed(error) {
      const at = now();
      // A server that is back but refuses is other news than one that is away.
      if (since !== undefined && at < repeatAt && error.code === lastCode) return;
      repeatMs = error.code === lastCode ? Math.min(repeatMs * 2, LAST_REPEAT_MS) : FIRST_REPEAT_MS;
      repeatAt = at + repeatMs;
      lastCode = error.code;
      since ??= at;
      const fields = { code: error.code, url, awayMs: Math.round(at - since) };
      if (isForgotten(error)) logger.info(fields, `${who} is unknown to the server: registering again`);
      else if (isRefusal(error))
        logger.error(fields, `${who} is refused by ${url}: ${error.message}; trying again`);
      else logger.warn(fields, `${who} has no server at ${url}: ${error.message}; trying again`);
    },
    succeeded() {
      if (since === undefined) return;
      logger.info({ url, awayMs: Math.round(now() - since) }, `${who} is back at the server`);
      since = undefined;
      lastCode = '';
    },
  };
}
