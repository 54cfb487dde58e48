import { describe, expect, it } from '@jest/globals';
import { createLeaseWatch, type LeaseWatch } from './lease-watch.ts';
import type { InstanceRow } from './membership.ts';

const LEASE_MS = 1_000;

const row = (id: number, beat: number): InstanceRow => ({
  id,
  beat,
  busKey: `bus-${id}`,
  machine: 'm',
  pid: id,
  processStart: '',
  address: null,
  secret: '',
});

function watch(dead: readonly number[] = []): LeaseWatch {
  return createLeaseWatch({
    leaseMs: LEASE_MS,
    isOwn: ({ id }) => id === 1,
    isCertainlyDead: ({ id }) => dead.includes(id),
  });
}

/** Ids that are judged at each time, looked at every 100 ms, with the beat that `beatAt` gives. */
function judgeEvery(
  lease: LeaseWatch,
  from: number,
  to: number,
  beatAt: (now: number) => number,
): [number, number[]][] {
  const judged: [number, number[]][] = [];
  for (let now = from; now <= to; now += 100) {
    const ids = lease.judge([row(1, 0), row(2, beatAt(now))], now).map(({ id }) => id);
    if (ids.length > 0) judged.push([now, ids]);
  }
  return judged;
}

describe('lease watch', () => {
  it('gives up an instance that does not beat for longer than the lease', () => {
    expect(judgeEvery(watch(), 0, 1_100, () => 7)).toEqual([[1_100, [2]]]);
  });

  it('leaves alone an instance that beats now and then, and itself', () => {
    expect(judgeEvery(watch(), 0, 5_000, (now) => Math.floor(now / 900))).toEqual([]);
  });

  it('gives up at once an instance whose process is dead', () => {
    expect(
      watch([2])
        .judge([row(1, 0), row(2, 0), row(3, 0)], 0)
        .map(({ id }) => id),
    ).toEqual([2]);
  });

  it('gives everybody a new lease after it stood still itself', () => {
    const lease = watch();
    expect(judgeEvery(lease, 0, 900, () => 7)).toEqual([]);
    // Everybody may have been asleep with it, as on a suspended laptop.
    expect(judgeEvery(lease, 60_000, 61_000, () => 7)).toEqual([]);
    expect(judgeEvery(lease, 61_100, 61_100, () => 7)).toEqual([[61_100, [2]]]);
  });

  it('gives an instance that registers again a whole lease', () => {
    const lease = watch();
    judgeEvery(lease, 0, 900, () => 7);
    expect(lease.judge([row(1, 0)], 1_000)).toEqual([]);
    expect(lease.judge([row(1, 0), row(2, 7)], 1_100)).toEqual([]);
  });
});
