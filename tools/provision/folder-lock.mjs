import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** @param {string} file @returns {number | undefined} */
function readPid(file) {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined; // Nobody has locked it.
  }
}

/**
 * Marks a folder as in use by this process; two servers on one folder would destroy its data.
 *
 * @param {string} folder must exist
 * @returns {() => void} takes the mark away
 * @throws {Error} when a living process has marked it
 */
export function lockFolder(folder) {
  const file = join(folder, 'in-use-by.pid');
  const owner = readPid(file);
  if (owner !== undefined && owner !== process.pid && isAlive(owner)) {
    throw new Error(`${folder} is in use by process ${owner}; if that is something else, delete ${file}`);
  }
  writeFileSync(file, String(process.pid));
  return () => rmSync(file, { force: true });
}
