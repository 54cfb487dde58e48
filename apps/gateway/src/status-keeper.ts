import type { ExternalState, ExternalStatus } from '@parley/shared-models';

export type Counter = 'received' | 'sent' | 'answered' | 'failed' | 'ignored';

/** The gateway's reports about itself. */
export interface StatusKeeper {
  count(counter: Counter): void;
  changed(state: ExternalState): void;
  failedWith(message: string): void;
  answeredAfter(ms: number): void;
  /** Tells now, even without a change: the other side has just come. */
  tell(): void;
  stop(): void;
}

export interface StatusKeeperOptions {
  readonly gatewayId: string;
  readonly url: string;
  /** Looked up when it is told: messages that wait for Parley, answers that wait for the external server. */
  readonly waiting: () => { readonly queued: number; readonly kept: number };
  readonly tell: (status: ExternalStatus) => void;
}

/** Between two reports about counters; a new state is told at once. */
const REPORT_MS = 1000;

export function createStatusKeeper({ gatewayId, url, waiting, tell }: StatusKeeperOptions): StatusKeeper {
  const counters: Record<Counter, number> = { received: 0, sent: 0, answered: 0, failed: 0, ignored: 0 };
  const latency = createLatencyWindow();
  let state: ExternalState = 'connecting';
  let since = new Date().toISOString();
  let connections = 0;
  let lastError: ExternalStatus['lastError'];
  let timer: NodeJS.Timeout | undefined;

  function tellNow(): void {
    clearTimeout(timer);
    timer = undefined;
    const summary = latency.summary();
    tell({
      gatewayId,
      url,
      state,
      since,
      reconnects: Math.max(0, connections - 1),
      ...counters,
      ...waiting(),
      ...(lastError === undefined ? {} : { lastError }),
      ...(summary === undefined ? {} : { latency: summary }),
    });
  }

  function tellSoon(): void {
    timer ??= setTimeout(tellNow, REPORT_MS);
  }

  return {
    count(counter) {
      counters[counter] += 1;
      tellSoon();
    },
    changed(next) {
      if (next === 'connected') connections += 1;
      if (next !== state) since = new Date().toISOString();
      state = next;
      tellNow();
    },
    failedWith(message) {
      lastError = { message: message.slice(0, 500), at: new Date().toISOString() };
      tellSoon();
    },
    answeredAfter: latency.add,
    tell: tellNow,
    stop: () => clearTimeout(timer),
  };
}

/** Mean and 95th percentile of the last times. */
interface LatencyWindow {
  add(ms: number): void;
  /** Undefined before the first. In milliseconds, with one decimal. */
  summary(): { readonly meanMs: number; readonly p95Ms: number } | undefined;
}

export function createLatencyWindow(size = 100): LatencyWindow {
  const times: number[] = [];
  return {
    add(ms) {
      times.push(ms);
      if (times.length > size) times.shift();
    },
    summary() {
      if (times.length === 0) return undefined;
      const sorted = [...times].sort((a, b) => a - b);
      const mean = sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length;
      const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
      return { meanMs: round(mean), p95Ms: round(p95) };
    },
  };
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
