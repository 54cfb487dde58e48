#!/usr/bin/env node
/** The `parley` command, from any Node.js: the program itself is TypeScript and runs on the one that Parley brings. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const main = join(root, 'apps', 'cli', 'src', 'main.ts');
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

try {
  const { platformEnvironment, platformNode } = await import('../../../tools/platform-node.mjs');
  const args = ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)];
  const child = spawn(platformNode(root), args, { stdio: 'inherit', env: platformEnvironment(root) });
  // A terminal sends Ctrl-C to both of us: the program decides how to handle it.
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.once('error', (error) => {
    process.stderr.write(`parley: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
  });
} catch (error) {
  process.stderr.write(`parley: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
