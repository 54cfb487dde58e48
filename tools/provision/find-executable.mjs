import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The first executable of one of these names, looked for in `folders` and then on the PATH.
 *
 * @param {string[]} names in order of preference
 * @param {{ folders?: string[], env?: NodeJS.ProcessEnv }} [options] `folders`: searched before the PATH
 * @returns {string | undefined} an absolute path
 */
export function findExecutable(names, { folders = [], env = process.env } = {}) {
  const path = (env.PATH ?? '').split(delimiter).filter(Boolean);
  for (const name of names) {
    for (const folder of [...folders, ...path]) {
      const candidate = join(folder, name);
      if (isExecutable(candidate)) return candidate;
    }
  }
  return undefined;
}
