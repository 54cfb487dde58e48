import { setLogger } from '@grpc/grpc-js';
import type { Logger } from './logger.ts';

/**
 * Sends grpc-js's log lines to our log instead of straight to stderr. It is always about an error that we get, and
 * report, as well; hence `debug`. The library knows one logger for the whole process: the last one wins.
 */
export function routeLibraryLog(logger: Logger): void {
  const write = (...parts: unknown[]): void =>
    logger.debug({ library: 'grpc-js' }, parts.map(String).join(' '));
  setLogger({ error: write, info: write, debug: write });
}
