import type { AgentMetrics } from '@parley/shared-models';

/** Counts an agent's work for its heartbeat. */
export interface WorkMeter {
  begin(): (succeeded: boolean) => void;
  /** Messages in hand divided by `concurrency`. */
  load(): number;
  metrics(): AgentMetrics;
}

const WINDOW = 100;

/** @param concurrency asked for with each load, since it can change */
export function createWorkMeter(concurrency: () => number): WorkMeter {
  const durations: number[] = [];
  let handled = 0;
  let failed = 0;
  let inHand = 0;
  return {
    begin() {
      const start = performance.now();
      inHand += 1;
      return (succeeded) => {
        inHand -= 1;
        if (succeeded) handled += 1;
        else failed += 1;
        durations.push(performance.now() - start);
        if (durations.length > WINDOW) durations.shift();
      };
    },
    load: () => inHand / concurrency(),
    metrics: () => ({
      handled,
      failed,
      meanHandleMs:
        durations.length === 0 ? 0 : durations.reduce((sum, ms) => sum + ms, 0) / durations.length,
    }),
  };
}
