import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/** The file that a program's name stands for: itself where it is a path, else the first one in these folders. */
export async function findProgram(
  name: string,
  folders: readonly string[],
  cwd: string,
): Promise<string | undefined> {
  if (name === '') return undefined;
  const candidates = name.includes('/')
    ? [path.resolve(cwd, name)]
    : folders.map((folder) => path.join(folder, name));
  for (const candidate of candidates) if (await isProgram(candidate)) return candidate;
  return undefined;
}

/** Whether both are one file under one name: `/bin` is often a link to `/usr/bin`. */
export async function isSameProgram(one: string | undefined, other: string | undefined): Promise<boolean> {
  if (one === undefined || other === undefined) return false;
  if (one === other) return true;
  return path.basename(one) === path.basename(other) && (await realpath(one)) === (await realpath(other));
}

/**
 * Whether a program that was asked for is the one that a rule denies, also by way of a link with another name. A link
 * to a program that acts by the name it is called by (busybox) is as many programs as it has names.
 */
export async function isDeniedProgram(
  asked: string | undefined,
  denied: string | undefined,
): Promise<boolean> {
  if (asked === undefined || denied === undefined) return false;
  if (asked === denied) return true;
  const real = await realpath(asked);
  if (real !== (await realpath(denied))) return false;
  const name = path.basename(denied);
  return path.basename(asked) === name || path.basename(real) === name;
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG'].includes(code ?? '')) return false;
    throw error;
  }
}
