import { ParleyError } from '@parley/shared-models';

/** @param reason one clause for an operator, without a full stop */
export function unavailable(reason: string, cause?: unknown): ParleyError {
  return new ParleyError('store_unavailable', `The store cannot be used: ${reason}.`, { cause });
}
