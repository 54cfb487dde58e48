import type { BusOptions } from '../bus-options.ts';

/** Times in milliseconds. */
export interface EmbeddedBusOptions extends BusOptions {
  /** Folder of `queue.sqlite`; made if it is not there. */
  readonly dataDir: string;
  /** How long writes must go on failing until `health()` says `down`. @default 1_000 */
  readonly downAfterMs?: number;
  /** Brings the open log of the file to the disk. @default fdatasync */
  readonly syncLog?: (log: number) => Promise<void>;
}

export const DEFAULT_DOWN_AFTER_MS = 1_000;
