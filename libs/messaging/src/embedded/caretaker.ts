import type { BusLogger } from '../bus-options.ts';
import type { LeaseWatch } from './lease-watch.ts';
import type { InstanceRow, Membership } from './membership.ts';
import type { WriteGroups } from './write-groups.ts';

/** Shows that this instance lives, and clears away those that do not. */
export interface Caretaker {
  start(): void;
  /** One round that begins now, or after the one under way. @throws ParleyError when it could not be written */
  look(): Promise<void>;
  /** Another process has gone, perhaps died: a few rounds in quick succession. */
  lookSoon(): void;
  /** Whether the process must stay alive for this bus. */
  keepProcess(should: boolean): void;
  stop(): void;
}

/** A process that dies closes its sockets a moment before it counts as dead. */
const SOON_MS = [5, 20, 60, 200, 500];

/** What there must be room for before a full disk counts as no longer full. */
const ROOM_BYTES = 256 * 1024;

export function createCaretaker(parts: {
  tickMs: number;
  writes: WriteGroups;
  membership: Membership;
  leaseWatch: LeaseWatch;
  /** Every round, with all instances. */
  meet: (instances: readonly InstanceRow[]) => Promise<void>;
  /** Every round: the safety net for a bell that nobody heard. */
  checkQueues: () => void;
  onClearedAway: (instance: InstanceRow) => void;
  fillRoom: (bytes: number) => void;
  emptyRoom: () => void;
  logger: BusLogger;
}): Caretaker {
  const { tickMs, writes, membership, leaseWatch, meet, checkQueues, onClearedAway, logger } = parts;
  const soon = new Set<NodeJS.Timeout>();
  let ticker: NodeJS.Timeout | undefined;
  let underWay: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let isKeeping = false;
  let isProbing = false;

  async function round(): Promise<void> {
    checkQueues();
    const instances = await writes.write(membership.beat, { isDurable: false });
    for (const row of leaseWatch.judge(instances, performance.now())) await clearAway(row);
    await meet(instances);
    if (writes.isRoomScarce()) probeRoom();
  }

  /** Not part of the round: the instance must go on showing that it lives, however long the disk is full. */
  function probeRoom(): void {
    if (isProbing) return;
    isProbing = true;
    probe()
      .catch((err) => logger.debug({ err }, 'closed before there was room'))
      .finally(() => {
        isProbing = false;
      });
  }

  async function clearAway(row: InstanceRow): Promise<void> {
    const isCleared = await writes.write(() => membership.clearAway(row), { isDurable: false });
    if (!isCleared) return;
    const { id, machine, pid } = row;
    logger.warn(
      { instance: id, machine, pid },
      'a process has gone: its messages were returned to their queues',
    );
    onClearedAway(row);
  }

  async function probe(): Promise<void> {
    await writes.write(() => parts.fillRoom(ROOM_BYTES), { isDurable: false, bytes: ROOM_BYTES });
    await writes.write(parts.emptyRoom, { isDurable: false });
  }

  function begin(): Promise<void> {
    underWay = round().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  function look(): Promise<void> {
    if (underWay === undefined) return begin();
    next ??= Promise.allSettled([underWay]).then(() => {
      next = undefined;
      return begin();
    });
    return next;
  }

  function lookAndReport(): void {
    look().catch((err) => logger.debug({ err }, 'a round was cut short'));
  }

  return {
    start() {
      ticker = setInterval(() => {
        if (underWay === undefined) lookAndReport();
      }, tickMs);
      if (!isKeeping) ticker.unref();
    },
    look,
    lookSoon() {
      for (const delay of SOON_MS) {
        const timer = setTimeout(() => {
          soon.delete(timer);
          lookAndReport();
        }, delay);
        timer.unref();
        soon.add(timer);
      }
    },
    keepProcess(should) {
      isKeeping = should;
      if (should) ticker?.ref();
      else ticker?.unref();
    },
    stop() {
      clearInterval(ticker);
      for (const timer of soon) clearTimeout(timer);
      soon.clear();
    },
  };
}
