/** @returns {AbortSignal} aborted by the first SIGINT, SIGTERM or SIGHUP, which no longer end the process by themselves */
export function interruption() {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, () => {
      if (!controller.signal.aborted) console.error(`\n${name}: stopping …`);
      controller.abort();
    });
  }
  return controller.signal;
}
