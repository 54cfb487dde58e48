/** The work of `npm test`, under the project's own Node.js. */
import { runCommand } from '../provision/run-command.mjs';
import { ensureWebBuilt } from '../web-build.mjs';
import { interruption } from './interruption.mjs';
import { runJest } from './run-jest.mjs';
import { allServers, startServers } from './servers.mjs';

const root = process.cwd();
const signal = interruption();
const total = { passed: 0, failed: 0 };
/** @type {string[]} */
const timings = [];

/**
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function timed(name, work) {
  const start = performance.now();
  try {
    return await work();
  } finally {
    timings.push(`${name} ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
}

/**
 * A script of package.json that passes or fails as a whole: one test.
 *
 * @param {string} name
 * @param {string} script
 */
async function check(name, script) {
  const { code, output } = await timed(name, () =>
    runCommand('npm', ['run', '--silent', script], { cwd: root }),
  );
  if (signal.aborted) return;
  if (code === 0) {
    total.passed += 1;
  } else {
    total.failed += 1;
    console.error(`${name} failed:\n${output.trim()}\n`);
  }
}

/** @param {unknown} error */
function reportFailure(error) {
  total.failed += 1;
  console.error(error instanceof Error ? error.message : error);
}

/** Tasks that need no server, while the servers start. */
async function checkAndBuild() {
  await check('type check', 'typecheck');
  await check('lint', 'lint');
  await timed('web build', () => ensureWebBuilt(root, { log: () => undefined }));
}

async function runTests() {
  const servers = timed('servers', () => startServers(allServers, console.log));
  const [started, built] = await Promise.allSettled([servers, checkAndBuild()]);
  if (built.status === 'rejected') reportFailure(built.reason);
  if (started.status === 'rejected') return reportFailure(started.reason);
  try {
    if (signal.aborted) return;
    const args = process.argv.slice(2);
    const env = { ...process.env, ...started.value.env };
    const counts = await timed('tests', () => runJest({ root, args, env, signal }));
    total.passed += counts.passed;
    total.failed += counts.failed;
    if (counts.trouble) console.error(counts.trouble);
    if (counts.skipped) console.log(`${counts.skipped} skipped`);
    if (counts.passed + counts.failed === 0) process.exitCode = 1; // Nothing ran: a wrong filter must not look green.
  } finally {
    await started.value.stop();
  }
}

await timed('all', runTests);
console.log(timings.join(' · '));
console.log(`${total.passed} passed, ${total.failed} failed`);
if (total.failed > 0) process.exitCode = 1;
if (signal.aborted) process.exitCode = 130;
