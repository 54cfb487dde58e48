import { ParleyError } from '@parley/shared-models';

/** @throws the signal's reason where it is a ParleyError, else ParleyError `cancelled`, once the signal is aborted */
export function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal === undefined || !signal.aborted) return;
  if (signal.reason instanceof ParleyError) throw signal.reason;
  throw new ParleyError('cancelled', 'The answer was stopped.', { cause: signal.reason });
}
