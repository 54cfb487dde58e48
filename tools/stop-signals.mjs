const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
/** A Ctrl-C reaches us twice, from the terminal and from npm, at the same moment. */
const sameSignalMs = 500;

/**
 * Calls back when this process is asked to stop, once for each request. It no longer ends by itself then.
 *
 * @param {(signal: NodeJS.Signals) => void} callback
 * @returns {() => void} stops listening
 */
export function onStopSignal(callback) {
  let lastAt = 0;
  /** @param {NodeJS.Signals} signal */
  const onSignal = (signal) => {
    const now = Date.now();
    if (now - lastAt < sameSignalMs) return;
    lastAt = now;
    callback(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  const stopWatching = onAbandonedByNpm(() => onSignal('SIGTERM'));
  return () => {
    stopWatching();
    for (const signal of signals) process.off(signal, onSignal);
  };
}

/**
 * npm passes SIGTERM on to the shell that it runs us in, and ends; the shell dies of it without telling us.
 *
 * @param {() => void} callback
 * @returns {() => void} stops watching
 */
function onAbandonedByNpm(callback) {
  if (!process.env.npm_lifecycle_event) return () => undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, 250);
  timer.unref();
  return () => clearInterval(timer);
}
