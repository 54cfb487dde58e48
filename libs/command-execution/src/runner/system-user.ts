import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { execa } from 'execa';

/** An account of this machine. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** The user of this process. */
export function currentUser(): SystemUser {
  try {
    const { username, uid, gid, homedir } = userInfo();
    return { name: username, uid, gid, home: homedir };
  } catch (error) {
    // A container may run under a number that no account has.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error;
    const uid = process.getuid?.() ?? -1;
    return { name: String(uid), uid, gid: process.getgid?.() ?? -1, home: '/' };
  }
}

/** The account with this name, also from a directory service. Undefined when there is none. */
export async function findUser(name: string): Promise<SystemUser | undefined> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n');
  const line = lines.find((candidate) => candidate.startsWith(`${name}:`)) ?? (await askDirectory(name));
  const [, , uid, gid, , home] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) return undefined;
  return { name, uid: Number(uid), gid: Number(gid), home: home === undefined || home === '' ? '/' : home };
}

async function askDirectory(name: string): Promise<string | undefined> {
  const { stdout, exitCode } = await execa('getent', ['passwd', '--', name], {
    reject: false,
    stdin: 'ignore',
  });
  return exitCode === 0 ? stdout : undefined;
}
