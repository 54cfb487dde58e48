import { outsideTrouble } from '@parley/sqlite';
import { unavailable } from '../../unavailable.ts';

/** The error as the port promises it: outside trouble as `store_unavailable`, anything else as it is. */
export function portError(error: unknown): unknown {
  const reason = outsideTrouble(error);
  return reason === undefined ? error : unavailable(reason, error);
}
