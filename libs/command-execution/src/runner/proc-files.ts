// Read synchronously: these files come from memory, and a detour over threads for each takes ten times as long.
import { readdirSync, readFileSync } from 'node:fs';

/**
 * The variable by which the processes of a command are found again when they have left its process group. It goes to
 * every descendant that does not clear its environment.
 */
export const MARKER = 'PARLEY_COMMAND_ID';

/**
 * The processes that carry the mark, on Linux; none where there is no /proc. Those of other users are seen by root only.
 */
export function findMarkedProcesses(commandId: string): number[] {
  const entry = `${MARKER}=${commandId}`;
  const found: number[] = [];
  for (const pid of listProcesses()) {
    const environment = readProcFile(pid, 'environ');
    if (environment.split('\0').includes(entry)) found.push(pid);
  }
  return found;
}

/** The tasks (threads) of a user, as RLIMIT_NPROC counts them. 0 where there is no /proc. */
export function countTasks(uid: number): number {
  let count = 0;
  for (const pid of listProcesses()) {
    const status = readProcFile(pid, 'status');
    if (Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]) !== uid) continue;
    count += Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 1);
  }
  return count;
}

/** This process's hard limit, by its name in /proc/self/limits; infinite where there is no limit. */
export function readHardLimit(name: string): number {
  const limits = process.platform === 'linux' ? readFileSync('/proc/self/limits', 'utf8') : '';
  const line = limits.split('\n').find((candidate) => candidate.startsWith(name));
  // The name and the soft limit come before it; a value that is not a number is `unlimited`.
  const hard = Number(line?.slice(name.length).trim().split(/\s+/)[1]);
  return Number.isNaN(hard) ? Number.POSITIVE_INFINITY : hard;
}

/** Processes of the group that still run; undefined where there is no /proc to ask. */
export function countLivingMembers(group: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  let count = 0;
  for (const pid of listProcesses()) {
    // `pid (name) state ppid pgrp …`, and the name may hold anything.
    const stat = readProcFile(pid, 'stat');
    const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(pgrp) === group && state !== 'Z' && state !== 'X') count += 1;
  }
  return count;
}

/** How many processes the machine has; undefined where there is no /proc to ask. */
export function countProcesses(): number | undefined {
  return process.platform === 'linux' ? listProcesses().length : undefined;
}

function listProcesses(): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
}

/** Empty for a process that has ended meanwhile, or that this account may not look at. */
function readProcFile(pid: number, file: 'environ' | 'stat' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return '';
    throw error;
  }
}
