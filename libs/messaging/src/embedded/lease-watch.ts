import type { InstanceRow } from './membership.ts';

export interface LeaseWatch {
  /** Those of `rows` whose claims may be taken from them. @param now a steady clock, in milliseconds */
  judge(rows: readonly InstanceRow[], now: number): InstanceRow[];
}

/**
 * Finds instances whose process is dead or that have not beaten for `leaseMs`, by what this process saw itself: the
 * file holds no times, so a clock that jumps takes nobody's lease, and a restart of the machine leaves none behind.
 */
export function createLeaseWatch(parts: {
  leaseMs: number;
  isOwn: (row: InstanceRow) => boolean;
  isCertainlyDead: (row: InstanceRow) => boolean;
}): LeaseWatch {
  const { leaseMs, isOwn, isCertainlyDead } = parts;
  let seen = new Map<number, { beat: number; since: number }>();
  let lastLook = Number.NEGATIVE_INFINITY;

  return {
    judge(rows, now) {
      // This process stood still, or could not write. The others may have suffered the same (a suspended laptop, a
      // full disk) and get a whole lease from here on.
      if (now - lastLook > leaseMs / 2) seen = new Map();
      lastLook = now;
      const looked = new Map<number, { beat: number; since: number }>();
      for (const { id, beat } of rows) {
        const before = seen.get(id);
        looked.set(id, before?.beat === beat ? before : { beat, since: now });
      }
      seen = looked;
      return rows.filter(
        (row) => !isOwn(row) && (isCertainlyDead(row) || now - (looked.get(row.id)?.since ?? now) > leaseMs),
      );
    },
  };
}
