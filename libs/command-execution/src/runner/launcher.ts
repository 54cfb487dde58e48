import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { countTasks, readHardLimit } from './proc-files.ts';

/** Resource limits of a command. Each limit holds for each of its processes, except `processes`. */
export interface ResourceLimits {
  /**
   * Processes and threads that the command's user may have beyond those it has now. For root, which the kernel does not
   * bind, processes of the command, looked at ten times a second.
   */
  readonly processes: number;
  /** Private memory of a process (RLIMIT_DATA), in bytes. */
  readonly memoryBytes: number;
  /** Open files of a process. */
  readonly openFiles: number;
  /** Size of a file that a process writes, in bytes. Left out: no limit. */
  readonly fileBytes?: number | undefined;
}

/** Programs that restrict another program and then become it. Undefined: this machine lacks it. */
export interface Launchers {
  readonly nice: string | undefined;
  /** From util-linux: Linux only. */
  readonly prlimit: string | undefined;
  /** From util-linux, too. */
  readonly setpriv: string | undefined;
}

const FOLDERS = ['/usr/bin', '/bin'];

/** Where this machine has them; the command's own PATH does not matter. */
export async function findLaunchers(): Promise<Launchers> {
  const [nice, prlimit, setpriv] = await Promise.all(
    ['nice', 'prlimit', 'setpriv'].map((name) => findIn(FOLDERS, name)),
  );
  return { nice, prlimit, setpriv };
}

/** The words to run so that the program runs niced and within its limits, in the same process. */
export function launchWords(
  command: readonly [program: string, ...args: string[]],
  options: { launchers: Launchers; niceness: number; limits: ResourceLimits; uid: number },
): [string, ...string[]] {
  const { launchers, niceness, limits, uid } = options;
  let words: [string, ...string[]] = [...command];
  if (launchers.prlimit !== undefined) {
    // A lower limit stays: a user other than root cannot raise it.
    const atMost = (wanted: number, name: string): number => Math.min(wanted, readHardLimit(name));
    words = [
      launchers.prlimit,
      '--core=0',
      `--nproc=${atMost(countTasks(uid) + limits.processes, 'Max processes')}`,
      `--data=${atMost(limits.memoryBytes, 'Max data size')}`,
      `--nofile=${atMost(limits.openFiles, 'Max open files')}`,
      ...(limits.fileBytes === undefined ? [] : [`--fsize=${atMost(limits.fileBytes, 'Max file size')}`]),
      ...words,
    ];
  }
  // The program gains no rights by setuid or file capabilities: it stays the user that the policy says.
  if (launchers.setpriv !== undefined) words = [launchers.setpriv, '--no-new-privs', '--', ...words];
  if (launchers.nice !== undefined && niceness > 0)
    words = [launchers.nice, '-n', String(niceness), ...words];
  return words;
}

async function findIn(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders) {
    const file = `${folder}/${name}`;
    try {
      await access(file, constants.X_OK);
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw error;
    }
  }
  return undefined;
}
