import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platformNode } from '../platform-node.mjs';
import { endDaemon, hasEnded } from '../provision/daemon.mjs';
import { startGuardian } from '../provision/guardian.mjs';

const longestRunMs = 75 * 60_000;
/** How long jest may take to end after it has written its results: longer means that a test left something open. */
const longestFarewellMs = 20_000;

/** @typedef {{ passed: number, failed: number, skipped: number, trouble?: string }} Counts */

/**
 * @param {string} file jest's results as JSON
 * @returns {Counts} a suite that could not be loaded counts as a failed test
 */
export function readCounts(file) {
  const results = JSON.parse(readFileSync(file, 'utf8'));
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

/**
 * @param {{ root: string, args: string[], env: NodeJS.ProcessEnv, signal: AbortSignal }} options `signal`: ends jest and
 *   all it started
 * @returns {Promise<Counts>} `trouble`: a problem beside failed tests; it counts as a failed test
 */
export async function runJest({ root, args, env, signal }) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-jest-'));
  const outputFile = join(folder, 'results.json');
  const child = spawn(
    platformNode(root),
    [
      '--experimental-vm-modules', // What jest needs to load ES modules,
      '--disable-warning=ExperimentalWarning', // and says so at every start of a worker.
      join(root, 'node_modules/jest/bin/jest.js'),
      '--maxWorkers=2',
      ...args,
      '--json',
      `--outputFile=${outputFile}`,
    ],
    { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'], detached: true },
  );
  const guardian = startGuardian([folder]);
  if (child.pid !== undefined) guardian.watch(child.pid);
  const exited = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  /** @type {string | undefined} */
  let trouble;
  /** @param {string} [reason] */
  const end = (reason) => {
    trouble ??= reason;
    void endDaemon(child, 'SIGTERM', 5000);
  };
  const onAbort = () => end();
  signal.addEventListener('abort', onAbort, { once: true });
  const longest = setTimeout(() => end(`jest took more than ${longestRunMs / 60_000} minutes`), longestRunMs);
  let writtenAt = 0;
  const watch = setInterval(() => {
    if (!writtenAt && existsSync(outputFile)) writtenAt = Date.now();
    if (writtenAt && Date.now() - writtenAt > longestFarewellMs) {
      end('jest did not end after its last test: something that a test opened is still open');
    }
  }, 1000);
  try {
    await exited;
    if (!existsSync(outputFile)) {
      return { passed: 0, failed: 1, skipped: 0, trouble: trouble ?? 'jest ended without results' };
    }
    const counts = readCounts(outputFile);
    if (trouble) return { ...counts, failed: counts.failed + 1, trouble };
    if (counts.failed === 0 && child.exitCode !== 0 && !signal.aborted) {
      return { ...counts, failed: 1, trouble: `jest ended with exit code ${child.exitCode}` };
    }
    return counts;
  } finally {
    clearTimeout(longest);
    clearInterval(watch);
    signal.removeEventListener('abort', onAbort);
    if (!hasEnded(child)) await endDaemon(child, 'SIGKILL');
    await guardian.end();
  }
}
