import { type ErrorCode, ParleyError } from '@parley/shared-models';

/** Codes that mean: this server does not know you (any more), register. */
const FORGOTTEN: readonly ErrorCode[] = ['unknown_agent', 'not_found'];

/** Codes that mean: not you, or not like this, and waiting does not mend it. */
const REFUSED: readonly ErrorCode[] = [
  'unauthenticated',
  'forbidden',
  'invalid_request',
  'not_supported',
  'queue_mismatch',
];

export function isForgotten(error: unknown): boolean {
  return error instanceof ParleyError && FORGOTTEN.includes(error.code);
}

export function isRefusal(error: ParleyError): boolean {
  return REFUSED.includes(error.code);
}
