const BUSY = 5;
const FULL = 13;

/** SQLite's primary result codes that tell of the file or the machine, not of the statement. */
const REASONS = new Map<number, string>([
  [BUSY, 'another process holds the SQLite file'],
  [6, 'the SQLite file is locked'],
  [7, 'out of memory'],
  [8, 'the SQLite file is read-only'],
  [9, 'SQLite was interrupted'],
  [10, 'the disk reports an error'],
  [11, 'the SQLite file is damaged'],
  [FULL, 'the disk is full'],
  [14, 'the SQLite file cannot be opened'],
  [15, 'the SQLite file is locked in an unknown way'],
  [26, 'the file is no SQLite database'],
]);

function primaryCode(error: unknown): number | undefined {
  // Not by instanceof: the error may come from another realm, as it does where tests run in one of their own.
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  // The lowest byte is the primary code, the rest narrows it down.
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

export const isBusy = (error: unknown): boolean => primaryCode(error) === BUSY;
export const isDiskFull = (error: unknown): boolean => primaryCode(error) === FULL;

/**
 * The trouble with the file or the machine, one clause for an operator. Undefined where the statement itself failed,
 * and for errors that are not SQLite's.
 */
export function outsideTrouble(error: unknown): string | undefined {
  const code = primaryCode(error);
  return code === undefined ? undefined : REASONS.get(code);
}

/** Whether it failed for a reason outside itself, so that the same may succeed later. */
export const isOutsideTrouble = (error: unknown): boolean => outsideTrouble(error) !== undefined;
