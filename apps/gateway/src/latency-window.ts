/** Mean and 95th percentile of the last times. */
export interface LatencyWindow {
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
