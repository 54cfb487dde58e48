import { spawn } from 'node:child_process';

/**
 * Runs a command to its end and gives its output back. Never throws for a failing command.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, uid?: number, gid?: number, timeoutMs?: number,
 *   onOutput?: (text: string) => void }} [options] `timeoutMs`: then it is killed. `onOutput`: as it comes
 * @returns {Promise<{ code: number, output: string }>} `output`: stdout and stderr mixed; `code` is 127 if the
 *   command could not be started, 124 if it took too long
 */
export function runCommand(command, args, { timeoutMs, onOutput, ...options } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let isTooLong = false;
    /** @param {string} text */
    const collect = (text) => {
      output += text;
      onOutput?.(text);
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const timer = timeoutMs
      ? setTimeout(() => {
          isTooLong = true;
          child.kill('SIGKILL');
        }, timeoutMs)
      : undefined;
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ code: 127, output: `${output}${error.message}` });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: isTooLong ? 124 : (code ?? 1), output });
    });
  });
}
