import { ParleyError } from '@parley/shared-models';
import { isDiskFull, isOutsideTrouble, type LogSync, type Transactions } from '@parley/sqlite';
import type { BusLogger } from '../bus-options.ts';
import { reasonOf } from './failure-reason.ts';
import { createPendingWrites, GROUP_WRITES, type PendingWrite } from './pending-writes.ts';
import type { WriteHealth } from './write-health.ts';

export interface WriteOptions {
  /** The write fails with `bus_unavailable` if it could not be committed by then. @default never */
  readonly timeoutMs?: number;
  /** `soon`: within a few milliseconds, gladly with the next group that is written anyway. @default 'now' */
  readonly urgency?: 'now' | 'soon';
  /** Whether a power cut must not undo it. @default true */
  readonly isDurable?: boolean;
  /** Bytes that it adds, about. While the disk is full, writes that add nothing go first: they may make room. @default 0 */
  readonly bytes?: number;
}

/** Further steps in and around a group. */
export interface GroupHooks {
  /** Whether a claim may find something; looks at memory only. */
  mayClaim(): boolean;
  /** The same, looked up in the file. */
  isClaimWanted(): boolean;
  /** Inside the transaction, after its writes, of which it may complete some. Returns the step after the commit. */
  claim(): () => void;
  committed(): void;
  rolledBack(): void;
}

/** All writes to the queue file. Those of one turn of the event loop share a transaction and its sync. */
export interface WriteGroups {
  /**
   * Runs `apply` inside the next group's transaction, in the order of the calls, and resolves after the commit; where it
   * is durable, once that is on the disk. Other groups do not wait for it.
   * `apply` runs again when the group has to be repeated. When it throws, it fails alone; it must then have changed
   * nothing.
   * @throws ParleyError `bus_unavailable` after `timeoutMs`, or when the bus is closed
   */
  write<T>(apply: () => T, options?: WriteOptions): Promise<T>;
  /** There may be something to claim. */
  nudge(): void;
  /** Writes the pending operations at once, if it can. */
  flush(): void;
  /** The disk was full, and nothing that needs room was written since. */
  isRoomScarce(): boolean;
  /** Fails the pending operations and all later ones. */
  close(): void;
}

const SOON_MS = 5;
/** Between two looks at the deadlines of writes that wait for the disk. */
const DEADLINE_LOOK_MS = 100;
const RETRY_MS = { min: 10, max: 250 };

export function createWriteGroups(parts: {
  transactions: Transactions;
  log: Pick<LogSync, 'sync' | 'isFailing'>;
  hooks: GroupHooks;
  health: WriteHealth;
  logger: BusLogger;
}): WriteGroups {
  const { transactions, log, hooks, health, logger } = parts;
  const pending = createPendingWrites();
  /** Committed, and not on the disk for certain. */
  const unsynced = new Set<PendingWrite>();
  let deadlineTimer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  let soonTimer: NodeJS.Timeout | undefined;
  let retryTimer: NodeJS.Timeout | undefined;
  let failures = 0;
  let isRoomScarce = false;
  let maxWrites = GROUP_WRITES;
  let isFlushing = false;
  let isClosed = false;

  function schedule(urgency: 'now' | 'soon'): void {
    if (isClosed || immediate !== undefined || retryTimer !== undefined) return;
    if (urgency === 'now') immediate = setImmediate(flush);
    else soonTimer ??= setTimeout(flush, SOON_MS);
  }

  function unschedule(): void {
    clearImmediate(immediate);
    clearTimeout(soonTimer);
    clearTimeout(retryTimer);
    immediate = undefined;
    soonTimer = undefined;
    retryTimer = undefined;
  }

  function flush(): void {
    if (isFlushing || isClosed) return;
    isFlushing = true;
    unschedule();
    // While there is no room, writes that may make some go first: acknowledgements, and claims, which lead to them.
    const onlySmall = isRoomScarce && (pending.hasSmall() || hooks.mayClaim());
    const group = pending.takeGroup(onlySmall, maxWrites);
    try {
      if (group.length > 0 || isClaimWanted()) {
        const afterCommit = commit(group);
        if (afterCommit === undefined) return;
        succeeded(group);
        hooks.committed();
        for (const write of group) if (!write.isDurable) settle(write);
        settleOnDisk(group.filter((write) => write.isDurable));
        afterCommit();
      }
    } finally {
      isFlushing = false;
    }
    if (pending.size() > 0 || hooks.mayClaim()) schedule('now');
  }

  function isClaimWanted(): boolean {
    try {
      return hooks.isClaimWanted();
    } catch (error) {
      failed(error, 0);
      return false;
    }
  }

  /** Returns the step after the commit; undefined when the commit failed and is tried again later. */
  function commit(group: readonly PendingWrite[]): (() => void) | undefined {
    try {
      return transactions.run(() => {
        for (const write of group) apply(write);
        return hooks.claim();
      });
    } catch (error) {
      hooks.rolledBack();
      pending.restore(group);
      failed(error, group.length);
      return undefined;
    }
  }

  function apply(write: PendingWrite): void {
    try {
      write.outcome = { result: write.apply() };
    } catch (error) {
      if (isOutsideTrouble(error)) throw error;
      write.outcome = { error };
    }
  }

  function settle({ outcome, resolve, reject }: PendingWrite): void {
    if (outcome !== undefined && 'result' in outcome) resolve(outcome.result as never);
    else reject(outcome?.error);
  }

  function settleOnDisk(group: readonly PendingWrite[]): void {
    if (group.length === 0) return;
    for (const write of group) unsynced.add(write);
    watchDeadlines();
    const ended = (end: (write: PendingWrite) => void) => (): void => {
      for (const write of group) if (unsynced.delete(write)) end(write);
    };
    log.sync().then(
      ended(settle),
      ended(({ reject }) => reject(unavailable('it is closed'))),
    );
  }

  function watchDeadlines(): void {
    deadlineTimer ??= setTimeout(() => {
      deadlineTimer = undefined;
      const now = performance.now();
      for (const write of unsynced) {
        if (write.deadline > now) continue;
        unsynced.delete(write);
        write.reject(unavailable('the disk does not answer'));
      }
      if (unsynced.size > 0) watchDeadlines();
    }, DEADLINE_LOOK_MS);
  }

  function succeeded(group: readonly PendingWrite[]): void {
    failures = 0;
    maxWrites = Math.min(GROUP_WRITES, maxWrites * 2);
    // That something went through which needs no room does not show that there is room.
    if (isRoomScarce && group.every((write) => write.bytes === 0)) return;
    isRoomScarce = false;
    if (!log.isFailing()) health.succeeded();
  }

  function failed(error: unknown, writes: number): void {
    failures += 1;
    if (isDiskFull(error)) {
      isRoomScarce = true;
      // There may be room for some of them.
      maxWrites = Math.max(1, Math.floor(writes / 2));
    }
    health.failed(error);
    logger.debug({ err: error, writes, failures }, 'could not write a group; will repeat it');
    const expired = pending.takeExpired(performance.now());
    for (const write of expired) write.reject(unavailable(reasonOf(error), error));
    retryTimer = setTimeout(flush, Math.min(RETRY_MS.max, RETRY_MS.min * 2 ** Math.min(failures - 1, 10)));
  }

  return {
    write<T>(applyWrite: () => T, options: WriteOptions = {}): Promise<T> {
      if (isClosed) return Promise.reject(unavailable('it is closed'));
      const { timeoutMs = Number.POSITIVE_INFINITY, urgency = 'now', isDurable = true, bytes = 0 } = options;
      return new Promise<T>((resolve, reject) => {
        const deadline = performance.now() + timeoutMs;
        pending.add({
          apply: applyWrite,
          resolve,
          reject,
          deadline,
          isDurable,
          bytes,
          outcome: undefined,
        });
        schedule(urgency);
      });
    },
    nudge: () => schedule('now'),
    flush: () => {
      if (retryTimer === undefined) flush();
    },
    isRoomScarce: () => isRoomScarce,
    close() {
      isClosed = true;
      unschedule();
      clearTimeout(deadlineTimer);
      for (const write of [...pending.takeAll(), ...unsynced]) write.reject(unavailable('it is closed'));
      unsynced.clear();
    },
  };
}

export function unavailable(reason: string, cause?: unknown): ParleyError {
  return new ParleyError('bus_unavailable', `The embedded queue cannot be written: ${reason}.`, { cause });
}
