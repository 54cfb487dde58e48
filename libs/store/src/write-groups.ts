import type { UnitOfWork } from './requests/unit-of-work.ts';
import type { StoreLogger } from './store-logger.ts';
import { unavailable } from './unavailable.ts';

/** The rows that a write is going to look at, so that a driver can fetch those of many writes at once. */
export interface Keys {
  readonly messages?: readonly string[];
  readonly requests?: readonly string[];
  readonly conversations?: readonly string[];
  /** Requests whose conversations may change, by a further message say. */
  readonly conversationsOf?: readonly string[];
}

/**
 * A write as the drivers run it: alone or together with others, and again when the transaction has to be repeated.
 * `run` either saves its changes and returns, or throws a `ParleyError` and has changed nothing.
 */
export interface Write<T> {
  /** Read before each run. */
  readonly keys: Keys;
  run(work: UnitOfWork): T;
  /** The last `run` was rolled back for certain. Not called when nobody knows whether it was committed. */
  undone?(): void;
  /** Its own statements change rows of requests or conversations: they see the earlier writes. @default false */
  readonly isDirect?: boolean;
}

export type Outcome = { readonly result: unknown } | { readonly error: unknown };

/**
 * The durability that a write needs. `durable`: it is on the disk before it resolves. `prompt`: done at once, but a
 * power cut may undo it, since a redelivery would bring it about again. `lazy`: the same, and it waits a moment for
 * others to join.
 */
export type Urgency = 'durable' | 'prompt' | 'lazy';

/** All that changes messages goes through here: writes made at the same time share a transaction and its sync to disk. */
export interface WriteGroups {
  /**
   * Runs the write in the next group, in the order of the calls, and resolves after the commit.
   * @throws ParleyError `store_unavailable`; the error of the write itself
   */
  add<T>(write: Write<T>, urgency?: Urgency): Promise<T>;
  /** Commits the writes added so far; later ones fail. Idempotent. */
  close(): Promise<void>;
}

export interface WriteGroupsOptions {
  /**
   * Runs the writes in one transaction and returns the outcome of each. Throws when the transaction could not be
   * committed; then nothing was changed.
   * @param isDurable whether to wait until the disk has it
   */
  readonly commit: (writes: readonly Write<unknown>[], isDurable: boolean) => Outcome[] | Promise<Outcome[]>;
  /** Whether a group that failed in this way should be tried again until its writes time out. */
  readonly isPassing: (error: unknown) => boolean;
  /** Turns an error of `commit` into the one that the port promises. */
  readonly portError: (error: unknown) => unknown;
  readonly logger: StoreLogger;
  /** How long a write is tried again, in milliseconds. */
  readonly timeoutMs: number;
  /** Writes in one transaction: bounds how long others have to wait for it. */
  readonly limit: number;
}

interface Pending {
  readonly write: Write<unknown>;
  readonly urgency: Urgency;
  readonly deadline: number;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** How long a lazy write waits for others. */
const LAZY_MS = 25;
/** After so long without a group there is no load, in milliseconds. */
const QUIET_MS = 1;
const RETRY_MS = { min: 2, max: 250 };

export function createWriteGroups(options: WriteGroupsOptions): WriteGroups {
  const { commit, isPassing, portError, logger, timeoutMs, limit } = options;
  let pending: Pending[] = [];
  let isRunning = false;
  let failures = 0;
  let isInTrouble = false;
  let isNext = false;
  let next: NodeJS.Immediate | undefined;
  /** When the group before ended, by `performance.now()`. */
  let endedAt = Number.NEGATIVE_INFINITY;
  let later: NodeJS.Timeout | undefined;
  let closed: PromiseWithResolvers<void> | undefined;

  const schedule = (isLazy: boolean): void => {
    if (isRunning || isNext || failures > 0) return;
    if (isLazy) {
      later ??= setTimeout(run, LAZY_MS);
      return;
    }
    isNext = true;
    // Under load, all writes of this turn of the event loop share the group; a single write need not wait for that.
    if (performance.now() - endedAt > QUIET_MS) queueMicrotask(run);
    else next = setImmediate(run);
  };

  const run = (): void => {
    clearImmediate(next);
    clearTimeout(later);
    isNext = false;
    next = undefined;
    later = undefined;
    const group = pending.length <= limit ? pending : pending.slice(0, limit);
    pending = pending.length <= limit ? [] : pending.slice(limit);
    isRunning = true;
    const outcomes = attempt(group);
    if (outcomes instanceof Promise) {
      outcomes.then(
        (settled) => finish(group, settled),
        (error: unknown) => giveBack(group, error),
      );
    } else if (outcomes !== undefined) finish(group, outcomes);
  };

  const attempt = (group: readonly Pending[]): Outcome[] | Promise<Outcome[]> | undefined => {
    try {
      return commit(
        group.map(({ write }) => write),
        group.some(({ urgency }) => urgency === 'durable'),
      );
    } catch (error) {
      giveBack(group, error);
      return undefined;
    }
  };

  const finish = (group: readonly Pending[], outcomes: readonly Outcome[]): void => {
    isRunning = false;
    endedAt = performance.now();
    failures = 0;
    if (isInTrouble) logger.info({}, 'the store can be written to again');
    isInTrouble = false;
    group.forEach((entry, index) => {
      const outcome = outcomes[index];
      if (outcome !== undefined && 'result' in outcome) entry.resolve(outcome.result as never);
      else entry.reject(outcome?.error);
    });
    goOn();
  };

  const giveBack = (group: readonly Pending[], error: unknown): void => {
    isRunning = false;
    const reason = portError(error);
    if (!isInTrouble) logger.warn({ err: error }, 'the store cannot be written to');
    isInTrouble = true;
    const now = performance.now();
    const isOver = ({ deadline }: Pending): boolean => deadline <= now;
    const canRetry = isPassing(error);
    const lost = canRetry ? group.filter(isOver) : group;
    const kept = canRetry ? group.filter((entry) => !isOver(entry)) : [];
    pending = [...kept, ...pending];
    failures = canRetry ? failures + 1 : 0;
    for (const entry of lost) entry.reject(reason);
    if (failures === 0 || pending.length === 0) {
      failures = 0;
      goOn();
      return;
    }
    const delay = Math.min(RETRY_MS.max, RETRY_MS.min * 2 ** Math.min(failures - 1, 10));
    // Half of it by chance, so that processes that wait for one another do not come back together.
    later = setTimeout(run, delay / 2 + (Math.random() * delay) / 2);
  };

  const goOn = (): void => {
    if (pending.length === 0) closed?.resolve();
    else schedule(closed === undefined && pending.every(({ urgency }) => urgency === 'lazy'));
  };

  return {
    add<T>(write: Write<T>, urgency: Urgency = 'durable'): Promise<T> {
      if (closed !== undefined) return Promise.reject(unavailable('it is closed'));
      return new Promise<T>((resolve, reject) => {
        pending.push({ write, urgency, deadline: performance.now() + timeoutMs, resolve, reject });
        schedule(urgency === 'lazy');
      });
    },
    close() {
      if (closed === undefined) {
        closed = Promise.withResolvers();
        if (!isRunning) goOn();
      }
      return closed.promise;
    },
  };
}
