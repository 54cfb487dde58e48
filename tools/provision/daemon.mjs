import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/**
 * Starts a program in a process group of its own, its output in a file, under a guardian's eye. It does not keep this
 * process from ending.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ guardian: import('./guardian.mjs').Guardian, outputFile: string, cwd: string, env: NodeJS.ProcessEnv,
 *   uid?: number, gid?: number }} options
 */
export function startDaemon(program, args, { guardian, outputFile, ...options }) {
  const output = openSync(outputFile, 'a');
  const child = spawn(program, args, { ...options, detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  child.unref();
  const group = child.pid;
  if (group === undefined) {
    child.once('error', () => undefined); // `hasEnded` tells.
  } else {
    guardian.watch(group);
    child.once('exit', () => guardian.forget(group));
  }
  return child;
}

/** @param {import('node:child_process').ChildProcess} child */
export function hasEnded(child) {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/**
 * Ends a daemon and waits until it is gone.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal SIGKILL goes to its whole process group, any other to the daemon alone
 * @param {number} [graceMs] after which SIGKILL follows
 */
export async function endDaemon(child, signal, graceMs = 15_000) {
  const group = child.pid;
  if (group === undefined || hasEnded(child)) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.ref();
  const killGroup = () => {
    try {
      process.kill(-group, 'SIGKILL');
    } catch (error) {
      // ESRCH: it has ended by itself in the meantime.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  };
  if (signal === 'SIGKILL') killGroup();
  else child.kill(signal);
  const timer = setTimeout(killGroup, graceMs);
  await exited;
  clearTimeout(timer);
}
