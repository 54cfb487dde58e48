import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';

const START = path.resolve(import.meta.dirname, '../../../../tools/start.mjs');

/** `parley up`: the same as `npm start`. */
export function upCommand(): Command {
  return new Command('up')
    .description('Starts Parley in one process, as "npm start" does. Its settings come from the environment.')
    .action(async () => {
      process.exitCode = await run();
    });
}

/** Resolves with its exit code. */
function run(): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [START], { stdio: 'inherit' });
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    for (const signal of signals) {
      // The terminal gives Ctrl-C to the child as well.
      process.on(signal, () => {
        if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
      });
    }
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]),
    );
  });
}
