import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
/** A Ctrl-C reaches us twice, from the terminal and from npm, at the same moment. */
const sameSignalMs = 500;

/**
 * Runs a program in our place: with our terminal, our signals, and its exit code as ours.
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
    const child = spawn(program, args, {
      ...options,
      stdio: 'inherit',
      detached: process.platform !== 'win32',
    });
    let lastSignalAt = 0;
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      const now = Date.now();
      if (now - lastSignalAt < sameSignalMs) return;
      lastSignalAt = now;
      child.kill(signal);
    };
    for (const signal of signals) process.on(signal, forward);
    const release = () => {
      for (const signal of signals) process.off(signal, forward);
    };
    child.once('error', (error) => {
      release();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      release();
      resolve(signal ? 128 + constants.signals[signal] : (code ?? 1));
    });
  });
}
