import { type ErrorCode, ParleyError } from '@parley/shared-models';

/** Codes that mean: not you, or not like this, and waiting does not mend it. */
const REFUSED: readonly ErrorCode[] = [
  'unauthenticated',
  'forbidden',
  'invalid_request',
  'not_supported',
  'queue_mismatch',
];

/** Whether this server does not know the caller, or not any more. */
export function isForgotten(error: unknown): boolean {
  return error instanceof ParleyError && error.code === 'not_registered';
}

export function isRefusal(error: ParleyError): boolean {
  return REFUSED.includes(error.code);
}
