import { onStopSignal } from '../stop-signals.mjs';

/** @returns {AbortSignal} aborted when this process is asked to stop, which no longer ends it by itself */
export function interruption() {
  const controller = new AbortController();
  onStopSignal((name) => {
    if (!controller.signal.aborted) console.error(`\n${name}: stopping …`);
    controller.abort();
  });
  return controller.signal;
}
