import { ParleyError } from '@parley/shared-models';
import type { BusLogger } from '../bus-options.ts';
import { isBusy, isDiskFull, isOutsideTrouble, reasonOf } from './sqlite-errors.ts';
import type { Transactions } from './transactions.ts';
import type { WriteHealth } from './write-health.ts';

export interface WriteOptions {
  /** The write fails with `bus_unavailable` if it could not be committed by then. @default never */
  readonly timeoutMs?: number;
  /** `soon`: within a few milliseconds, gladly with the next group that is written anyway. @default 'now' */
  readonly urgency?: 'now' | 'soon';
  /** Whether a power cut must not undo it. @default true */
  readonly isDurable?: boolean;
  /** It takes away rather than adds: goes first while the disk is full, since it makes room. @default false */
  readonly makesRoom?: boolean;
  /** Size of what it adds, so that groups stay small. @default 0 */
  readonly bytes?: number;
}

/** What else happens in and around a group. */
export interface GroupHooks {
  /** Inside the transaction, first: whether the other processes still count on this instance. */
  isMember(): boolean;
  /** In a transaction of its own, after `isMember` said no. Returns what to do after the commit. */
  rejoin(): () => void;
  /** Whether a claim may find something; looks at memory only. */
  mayClaim(): boolean;
  /** The same, looked up in the file. */
  isClaimWanted(): boolean;
  /** Inside the transaction, after its writes. Returns what to do after the commit. */
  claim(): () => void;
  committed(): void;
  rolledBack(): void;
}

/** All writes to the queue file. Those of one turn of the event loop share a transaction and its fsync. */
export interface WriteGroups {
  /**
   * Runs `apply` inside the next group's transaction, in the order of the calls, and resolves after the commit.
   * `apply` runs again when the group has to be repeated. When it throws, it fails alone; it must then have changed
   * nothing.
   * @throws ParleyError `bus_unavailable` after `timeoutMs`, or when the bus is closed
   */
  write<T>(apply: () => T, options?: WriteOptions): Promise<T>;
  /** There may be something to claim. */
  nudge(): void;
  /** Writes what is pending at once, if it can. */
  flush(): void;
  /** The disk was full, and nothing that needs room was written since. */
  isRoomScarce(): boolean;
  /** Fails what is pending and whatever comes. */
  close(): void;
}

interface PendingWrite {
  readonly apply: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  readonly deadline: number;
  readonly isDurable: boolean;
  readonly makesRoom: boolean;
  readonly bytes: number;
  outcome: { readonly result: unknown } | { readonly error: unknown } | undefined;
}

/** Bounds how long one group keeps other processes waiting. */
const GROUP_WRITES = 1_000;
const GROUP_BYTES = 8 * 1024 * 1024;
const SOON_MS = 5;
const BUSY_RETRY_MS = { min: 1, max: 50 };
const TROUBLE_RETRY_MS = { min: 10, max: 250 };

export function createWriteGroups(parts: {
  transactions: Transactions;
  hooks: GroupHooks;
  health: WriteHealth;
  logger: BusLogger;
}): WriteGroups {
  const { transactions, hooks, health, logger } = parts;
  let pending: PendingWrite[] = [];
  let immediate: NodeJS.Immediate | undefined;
  let soonTimer: NodeJS.Timeout | undefined;
  let retryTimer: NodeJS.Timeout | undefined;
  let failures = 0;
  let isRoomScarce = false;
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

  function takeGroup(): PendingWrite[] {
    const candidates = isRoomScarce ? roomMakersFirst(pending) : pending;
    let bytes = 0;
    let count = 0;
    for (const write of candidates) {
      bytes += write.bytes;
      if (count > 0 && (count >= GROUP_WRITES || bytes > GROUP_BYTES)) break;
      count += 1;
    }
    const group = candidates.slice(0, count);
    if (count === pending.length) pending = [];
    else {
      const taken = new Set(group);
      pending = pending.filter((write) => !taken.has(write));
    }
    return group;
  }

  function flush(): void {
    if (isFlushing || isClosed) return;
    isFlushing = true;
    unschedule();
    const group = takeGroup();
    try {
      const afterCommit = commit(group);
      if (afterCommit === undefined) return;
      succeeded(group);
      for (const write of group) settle(write);
      afterCommit();
    } finally {
      isFlushing = false;
    }
    if (pending.length > 0 || hooks.mayClaim()) schedule('now');
  }

  /** Returns what to do after the commit; undefined when there was none. */
  function commit(group: readonly PendingWrite[]): (() => void) | undefined {
    try {
      if (group.length === 0 && !hooks.isClaimWanted()) return undefined;
      const afterCommit = commitAsMember(group);
      hooks.committed();
      return afterCommit;
    } catch (error) {
      hooks.rolledBack();
      pending = [...group, ...pending];
      failed(error);
      return undefined;
    }
  }

  function commitAsMember(group: readonly PendingWrite[]): () => void {
    // A claim that a power cut undoes leaves the message where it was: only writes need to wait for the disk.
    const isDurable = group.some((write) => write.isDurable);
    for (;;) {
      const afterCommit = transactions.run(() => {
        if (!hooks.isMember()) return undefined;
        for (const write of group) apply(write);
        return hooks.claim();
      }, isDurable);
      if (afterCommit !== undefined) return afterCommit;
      transactions.run(() => hooks.rejoin(), false)();
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

  function succeeded(group: readonly PendingWrite[]): void {
    failures = 0;
    // That something which makes room went through does not show that there is room.
    if (isRoomScarce && group.every((write) => write.makesRoom)) return;
    isRoomScarce = false;
    health.succeeded();
  }

  function failed(error: unknown): void {
    failures += 1;
    isRoomScarce ||= isDiskFull(error);
    health.failed(error);
    logger.debug({ err: error, writes: pending.length, failures }, 'could not write a group; will repeat it');
    expire(error);
    const { min, max } = isBusy(error) ? BUSY_RETRY_MS : TROUBLE_RETRY_MS;
    const delay = Math.min(max, min * 2 ** Math.min(failures - 1, 10));
    // Half of it by chance, so that processes that wait for one another do not come back together.
    retryTimer = setTimeout(flush, delay / 2 + (Math.random() * delay) / 2);
  }

  function expire(cause: unknown): void {
    const now = performance.now();
    if (!pending.some((write) => write.deadline <= now)) return;
    const expired = pending.filter((write) => write.deadline <= now);
    pending = pending.filter((write) => write.deadline > now);
    for (const write of expired) write.reject(unavailable(reasonOf(cause), cause));
  }

  return {
    write<T>(applyWrite: () => T, options: WriteOptions = {}): Promise<T> {
      if (isClosed) return Promise.reject(unavailable('it is closed'));
      const { timeoutMs = Number.POSITIVE_INFINITY, urgency = 'now', isDurable = true } = options;
      const { makesRoom = false, bytes = 0 } = options;
      return new Promise<T>((resolve, reject) => {
        const deadline = performance.now() + timeoutMs;
        pending.push({
          apply: applyWrite,
          resolve,
          reject,
          deadline,
          isDurable,
          makesRoom,
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
      const left = pending;
      pending = [];
      for (const write of left) write.reject(unavailable('it is closed'));
    },
  };
}

function roomMakersFirst(writes: readonly PendingWrite[]): PendingWrite[] {
  const makers = writes.filter((write) => write.makesRoom);
  return makers.length > 0 ? makers : [...writes];
}

export function unavailable(reason: string, cause?: unknown): ParleyError {
  return new ParleyError('bus_unavailable', `The embedded queue cannot be written: ${reason}.`, { cause });
}
