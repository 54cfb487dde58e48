import type { Envelope } from '@parley/messaging';
import { HEADERS } from '@parley/shared-models';

/** To which attempt of the request it belongs; empty where it does not say so. */
export function attemptOf({ headers }: Envelope): { attempt?: number } {
  const attempt = Number(headers[HEADERS.attempt]);
  return Number.isSafeInteger(attempt) && attempt >= 0 ? { attempt } : {};
}
