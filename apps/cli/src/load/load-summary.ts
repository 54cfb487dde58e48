import type { LoadOutcome } from './run-load.ts';

/** The figures of a load test. Times in milliseconds. */
export interface LoadSummary {
  readonly sent: number;
  readonly received: number;
  /** Answered of sent, 0 to 1. */
  readonly successRate: number;
  /** Answers a second. */
  readonly messagesPerSecond: number;
  readonly errors: number;
  /** Undefined when nothing was answered. */
  readonly responseMs:
    | { readonly average: number; readonly median: number; readonly p95: number }
    | undefined;
  /** How often each error came, the most frequent first. */
  readonly errorKinds: readonly { readonly message: string; readonly count: number }[];
}

export function summarize({ sent, times, errors, elapsedMs }: LoadOutcome): LoadSummary {
  const sorted = [...times].sort((a, b) => a - b);
  const kinds = new Map<string, number>();
  for (const message of errors) kinds.set(message, (kinds.get(message) ?? 0) + 1);
  return {
    sent,
    received: sorted.length,
    successRate: sent === 0 ? 0 : sorted.length / sent,
    messagesPerSecond: elapsedMs === 0 ? 0 : (sorted.length * 1000) / elapsedMs,
    errors: errors.length,
    responseMs:
      sorted.length === 0
        ? undefined
        : {
            average: sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length,
            median: median(sorted),
            p95: sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0,
          },
    errorKinds: [...kinds]
      .map(([message, count]) => ({ message, count }))
      .sort((one, other) => other.count - one.count),
  };
}

function median(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? 0;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? 0) + upper) / 2 : upper;
}
