import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { platformEnvironment } from './platform-node.mjs';
import { runCommand } from './provision/run-command.mjs';

/** The sources of the built web app, relative to the root. */
const sources = [
  'apps/web/src',
  'apps/web/public',
  'apps/web/index.html',
  'apps/web/package.json',
  'apps/web/vite.config.ts',
  'libs/client/src',
  'libs/shared-models/src',
  'package-lock.json',
];

/**
 * @param {string} path
 * @returns {number} when the file, or anything in the folder, last changed; a folder changes when a file in it goes
 */
function lastChange(path) {
  if (!existsSync(path)) return 0;
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => lastChange(join(path, name))));
}

/**
 * Whether the built web app is there and not older than its sources.
 *
 * @param {string} root
 */
export function isWebBuilt(root) {
  const built = join(root, 'apps/web/dist/index.html');
  if (!existsSync(built)) return false;
  const builtAt = statSync(built).mtimeMs;
  return sources.every((source) => lastChange(join(root, source)) <= builtAt);
}

/**
 * Builds the web app when it is missing or older than its sources.
 *
 * @param {string} root
 * @param {{ log?: (line: string) => void }} [options]
 * @throws {Error} with the build's output when it fails
 */
export async function ensureWebBuilt(root, { log = console.log } = {}) {
  if (isWebBuilt(root)) return;
  log('Building the web app …');
  const { code, output } = await runCommand('npm', ['run', '--silent', 'build', '-w', '@parley/web'], {
    cwd: root,
    env: platformEnvironment(root),
  });
  if (code !== 0) throw new Error(`the web app's build failed:\n${output}`);
}
