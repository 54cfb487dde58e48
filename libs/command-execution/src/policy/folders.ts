import { lstat, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Whether the path, symbolic links followed as far as it exists, is one of the folders or lies in one. A path with `..`
 * in it never does: behind a link the system reads it differently from how it looks.
 */
export async function isInFolders(given: string, folders: readonly string[], cwd: string): Promise<boolean> {
  if (given === '' || given.split('/').includes('..')) return false;
  const real = await realPathOf(path.resolve(cwd, given));
  if (real === undefined) return false;
  for (const folder of folders) {
    const realFolder = await realPathOf(folder);
    if (realFolder !== undefined && isInside(real, realFolder)) return true;
  }
  return false;
}

/** A folder, relative to `base` or absolute, with its links followed. Undefined when there is none. */
export async function findFolder(folder: string, base: string): Promise<string | undefined> {
  try {
    // Not put together by `path`, which would read `link/..` by its letters and not as the system does.
    const real = await realpath(path.isAbsolute(folder) ? folder : `${base}/${folder}`);
    return (await stat(real)).isDirectory() ? real : undefined;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

export function isInside(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner);
  return (
    relative === '' ||
    (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative))
  );
}

/**
 * The real path; a part that does not exist yet is appended to the real path of the folder that does. Undefined where
 * that cannot be known.
 */
async function realPathOf(absolute: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let existing = absolute; ; existing = path.dirname(existing)) {
    try {
      return path.join(await realpath(existing), ...missing);
    } catch (error) {
      // ENOENT of a link that leads nowhere: where it leads can be made by then.
      if (!isAbsence(error) || (await isDanglingLink(existing))) return undefined;
      missing.unshift(path.basename(existing));
    }
  }
}

async function isDanglingLink(file: string): Promise<boolean> {
  try {
    return (await lstat(file)).isSymbolicLink();
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

/** Not there, or not to be looked at: both are no for a policy. */
function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return ['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'].includes(
    code ?? '',
  );
}
