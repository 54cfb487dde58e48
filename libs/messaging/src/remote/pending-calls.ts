import type { QueueEvent, QueueOperation, QueuePublish } from '@parley/control-plane';
import { ErrorCode, ParleyError, type QueueDepth } from '@parley/shared-models';

/** The server's answer to an operation. */
export interface Answer {
  readonly purged: number;
  readonly depths: readonly QueueDepth[];
}

type Operation = Omit<QueueOperation, 'number'>;
type Publish = Omit<QueuePublish, 'number'>;

/** Calls to the server that are not answered. Calls that outlive a connection are sent again on the next one. */
export interface PendingCalls {
  /** @throws ParleyError `bus_unavailable` after `timeoutMs`, and the server's refusals */
  publish(publish: Publish): Promise<void>;
  /** @throws ParleyError as `publish` */
  operate(operation: Operation): Promise<Answer>;
  /** The same of something that is over with the connection. @param timeoutMs @default as for the others */
  operateHere(operation: Operation, timeoutMs?: number): Promise<Answer>;
  answered(event: QueueEvent): void;
  /** Sends the unanswered calls again, in order. */
  resend(): void;
  /** The connection is lost, with the calls that belonged to it. */
  detach(): void;
  /** Resolves when none is left, each answered or too late. */
  settled(): Promise<void>;
  /** Fails the remaining calls. */
  close(): void;
}

interface Call {
  readonly number: number;
  readonly publish?: Publish;
  readonly operation?: Operation;
  readonly isBound: boolean;
  readonly deadline: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: ParleyError) => void;
}

/** Between two looks at the deadlines, in milliseconds. */
const LOOK_MS = 100;

/** @param send sends the call if there is a connection */
export function createPendingCalls({
  timeoutMs,
  send,
  onLate,
  reason,
}: {
  timeoutMs: number;
  send: (call: {
    readonly number: number;
    readonly publish?: Publish;
    readonly operation?: Operation;
  }) => void;
  /** A call was not answered in time. */
  onLate: () => void;
  /** The reason why there is no connection, for a call that has waited in vain. */
  reason: () => string;
}): PendingCalls {
  /** In the order in which they were asked. */
  const calls = new Map<number, Call>();
  const waiting = new Set<() => void>();
  let numbers = 0;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  function take(number: number): Call | undefined {
    const call = calls.get(number);
    calls.delete(number);
    if (calls.size === 0) for (const wake of waiting) wake();
    return call;
  }

  function watchDeadlines(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      const now = performance.now();
      let isLate = false;
      for (const { number, deadline, reject } of calls.values()) {
        if (deadline > now) continue;
        take(number);
        reject(unavailable(reason()));
        isLate = true;
      }
      if (isLate) onLate();
      if (calls.size > 0) watchDeadlines();
    }, LOOK_MS);
  }

  function call(asked: Pick<Call, 'publish' | 'operation' | 'isBound'>, waitMs = timeoutMs): Promise<Answer> {
    if (isClosed) return Promise.reject(unavailable('it is closed'));
    return new Promise((resolve, reject) => {
      const number = ++numbers;
      const added = { ...asked, number, deadline: performance.now() + waitMs, resolve, reject };
      calls.set(number, added);
      watchDeadlines();
      send(added);
    });
  }

  return {
    async publish(publish) {
      await call({ publish, isBound: false });
    },
    operate: (operation) => call({ operation, isBound: false }),
    operateHere: (operation, waitMs) => call({ operation, isBound: true }, waitMs),
    answered({ confirmed = [], answers = [] }) {
      for (const number of confirmed) take(number)?.resolve({ purged: 0, depths: [] });
      for (const { number, errorCode = '', errorMessage = '', purged = 0, depths = [] } of answers) {
        const asked = take(number);
        if (errorCode === '') asked?.resolve({ purged, depths });
        else asked?.reject(new ParleyError(ErrorCode.catch('internal').parse(errorCode), errorMessage));
      }
    },
    resend() {
      for (const asked of calls.values()) if (!asked.isBound) send(asked);
    },
    detach() {
      for (const { number, isBound, reject } of calls.values()) {
        if (!isBound) continue;
        take(number);
        reject(unavailable('the connection was lost'));
      }
    },
    async settled() {
      if (calls.size === 0) return;
      let wake: (() => void) | undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        waiting.add(resolve);
      });
      if (wake !== undefined) waiting.delete(wake);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      for (const { number, reject } of calls.values()) {
        take(number);
        reject(unavailable('it is closed'));
      }
    },
  };
}

export function unavailable(reason: string): ParleyError {
  return new ParleyError('bus_unavailable', `The server's queue cannot be reached: ${reason}.`);
}
