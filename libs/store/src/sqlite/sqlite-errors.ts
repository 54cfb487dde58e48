import { unavailable } from '../unavailable.ts';

/** SQLite's primary result codes that tell of the file or the machine, not of the statement. */
const REASONS = new Map<number, string>([
  [5, 'another process holds its file'],
  [6, 'its file is locked'],
  [7, 'out of memory'],
  [8, 'its file is read-only'],
  [10, 'the disk reports an error'],
  [11, 'its file is damaged'],
  [13, 'the disk is full'],
  [14, 'its file cannot be opened'],
  [15, 'its file is locked in an unknown way'],
  [26, 'its file is no SQLite database'],
]);
const BUSY = 5;

function primaryCode(error: unknown): number | undefined {
  // Not by instanceof: the error may come from another realm, as it does where tests run in one of their own.
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  // The lowest byte is the primary code, the rest narrows it down.
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

export const isBusy = (error: unknown): boolean => primaryCode(error) === BUSY;

/** Whether it failed for a reason outside itself, so that the same may succeed later. */
export function isOutsideTrouble(error: unknown): boolean {
  const code = primaryCode(error);
  return code !== undefined && REASONS.has(code);
}

/** The error as the port promises it: outside trouble as `store_unavailable`, anything else as it is. */
export function portError(error: unknown): unknown {
  const code = primaryCode(error);
  const reason = code === undefined ? undefined : REASONS.get(code);
  return reason === undefined ? error : unavailable(reason, error);
}
