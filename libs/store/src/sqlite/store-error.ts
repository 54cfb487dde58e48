import { ParleyError } from '@parley/shared-models';

/** SQLite's primary result codes for "not now": busy, locked, I/O error, full, cannot open, no memory, corrupt page cache. */
const UNAVAILABLE = new Set([5, 6, 10, 13, 14, 7]);

/** An error of SQLite that passes by itself as `store_unavailable`; any other as it is. */
export function storeError(error: unknown): unknown {
  if (error instanceof ParleyError || !(error instanceof Error)) return error;
  const { errcode } = error as Error & { errcode?: number };
  if (errcode === undefined || !UNAVAILABLE.has(errcode & 0xff)) return error;
  return new ParleyError('store_unavailable', `The store cannot be written: ${error.message}.`, {
    cause: error,
  });
}
