import { setImmediate as nextTurn } from 'node:timers/promises';

/** Code that never waits keeps the process from everything else: it is interrupted so often, in milliseconds. */
const TURN_MS = 20;

/** Lets the event loop do what is due, heartbeats and stops among it, when the caller has kept it for a while. */
export function createGiveWay(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < TURN_MS) return;
    await nextTurn();
    since = performance.now();
  };
}
