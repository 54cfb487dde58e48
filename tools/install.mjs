import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{ version?: string, resolved?: string, integrity?: string, optional?: boolean, devOptional?: boolean,
 *   peer?: boolean, link?: boolean }} LockedPackage
 */

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage>}
 */
function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/**
 * Whether node_modules fits package-lock.json, by npm's own record of the installed packages.
 *
 * @param {string} root
 */
export function isInstalled(root) {
  const lockFile = join(root, 'package-lock.json');
  const recordFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(recordFile)) return false;
  if (statSync(recordFile).mtimeMs >= statSync(lockFile).mtimeMs) return true;
  // The lock file is the newer one after a checkout too, which need not have changed it.
  const wanted = readPackages(lockFile);
  const installed = readPackages(recordFile);
  return Object.entries(wanted).every(([path, locked]) => {
    if (path === '') return true;
    const found = installed[path];
    if (!found) return locked.optional === true || locked.devOptional === true || locked.peer === true;
    return found.version === locked.version && found.integrity === locked.integrity;
  });
}

/**
 * Runs `npm ci` when node_modules is missing or does not fit package-lock.json.
 *
 * @param {string} root
 * @throws {Error} when npm fails; it has said why
 */
export async function ensureInstalled(root) {
  if (isInstalled(root)) return;
  console.log('Installing dependencies (npm ci) …');
  // No warnings: they are about the Node.js that runs npm, and Parley runs on one that comes with the packages.
  const code = await new Promise((resolve, reject) => {
    const npm = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
    npm.once('error', reject);
    npm.once('exit', resolve);
  });
  if (code !== 0) throw new Error('npm ci failed: see above');
}
