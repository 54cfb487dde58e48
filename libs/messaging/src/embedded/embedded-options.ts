import type { BusOptions } from '../bus-options.ts';

/** Times in milliseconds. */
export interface EmbeddedBusOptions extends BusOptions {
  /** Folder of `queue.sqlite` and of the sockets between processes; made if it is not there. */
  readonly dataDir: string;
  /**
   * A process that gave no sign of life for this long loses its deliveries to others. A process that died on this
   * machine loses them at once, whatever the lease.
   * @default 10_000
   */
  readonly leaseMs?: number;
  /** How long writes must go on failing until `health()` says `down`. @default 1_000 */
  readonly downAfterMs?: number;
  /** Brings the open log of the file to the disk. @default fdatasync */
  readonly syncLog?: (log: number) => Promise<void>;
}

export const DEFAULT_LEASE_MS = 10_000;
export const DEFAULT_DOWN_AFTER_MS = 1_000;

/** Every instance shows that it lives, and looks after the others, this often: ten times in a lease. */
export const tickMsOf = (leaseMs: number): number => Math.max(20, Math.min(1_000, leaseMs / 10));
