/** Primary result codes of SQLite that tell of the file or the machine, not of the statement. */
const CODES = {
  busy: 5,
  locked: 6,
  noMemory: 7,
  readOnly: 8,
  interrupted: 9,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  protocol: 15,
  notADatabase: 26,
} as const;

const REASONS = new Map<number, string>([
  [CODES.busy, 'another process holds the queue file'],
  [CODES.locked, 'the queue file is locked'],
  [CODES.noMemory, 'out of memory'],
  [CODES.readOnly, 'the queue file is read-only'],
  [CODES.interrupted, 'the write was interrupted'],
  [CODES.io, 'the disk reports an error'],
  [CODES.corrupt, 'the queue file is damaged'],
  [CODES.full, 'the disk is full'],
  [CODES.cannotOpen, 'the queue file cannot be opened'],
  [CODES.protocol, 'the queue file is locked in an unknown way'],
  [CODES.notADatabase, 'the queue file is no SQLite database'],
]);

function primaryCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  // The lowest byte is the primary code, the rest narrows it down.
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

/** Whether the write failed for a reason outside itself, so that the same one may succeed later. */
export function isOutsideTrouble(error: unknown): boolean {
  const code = primaryCode(error);
  return code !== undefined && REASONS.has(code);
}

export const isBusy = (error: unknown): boolean => primaryCode(error) === CODES.busy;
export const isDiskFull = (error: unknown): boolean => primaryCode(error) === CODES.full;

/** One sentence for an operator. */
export function reasonOf(error: unknown): string {
  const text = messageOf(error);
  const code = primaryCode(error);
  const reason = code === undefined ? undefined : REASONS.get(code);
  return reason === undefined ? text : `${reason} (${text})`;
}

export function messageOf(error: unknown): string {
  const hasMessage = typeof error === 'object' && error !== null && 'message' in error;
  return String(hasMessage ? error.message : error);
}
