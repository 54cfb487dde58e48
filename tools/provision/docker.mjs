import { runCommand } from './run-command.mjs';

/** @type {Promise<boolean> | undefined} */
let running;

/**
 * Whether a docker engine runs here and `docker compose` can drive it. Asked once a process.
 *
 * @returns {Promise<boolean>}
 */
export function isDockerRunning() {
  running ??= (async () => {
    const info = await runCommand('docker', ['info'], { timeoutMs: 5000 });
    if (info.code !== 0) return false;
    return (await runCommand('docker', ['compose', 'version'], { timeoutMs: 5000 })).code === 0;
  })();
  return running;
}
