import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { startGuardian } from './provision/guardian.mjs';
import { onStopSignal } from './stop-signals.mjs';

const hasProcessGroups = process.platform !== 'win32';

/**
 * Runs a program in our place: with our terminal, our signals, and its exit code as ours. It ends when we end, however
 * that comes.
 *
 * It gets a process group of its own, so that a Ctrl-C reaches it once, through us, instead of once from everybody: a
 * second one means "now" to it.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} the exit code, 128 + n after a signal
 * @throws {Error} when it cannot be started
 */
export function runInForeground(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: 'inherit', detached: hasProcessGroups });
    const guardian = hasProcessGroups ? startGuardian([]) : undefined;
    if (child.pid !== undefined) guardian?.watch(child.pid);
    const stopListening = onStopSignal((signal) => child.kill(signal));
    const release = async () => {
      stopListening();
      if (child.pid !== undefined) guardian?.forget(child.pid);
      await guardian?.end();
    };
    child.once('error', (error) => void release().then(() => reject(error), reject));
    child.once('exit', (code, signal) => {
      const exitCode = signal ? 128 + constants.signals[signal] : (code ?? 1);
      void release().then(() => resolve(exitCode), reject);
    });
  });
}
