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

/** The tasks (threads) of a user: what RLIMIT_NPROC counts. 0 where there is no /proc. */
export function countTasks(uid: number): number {
  let count = 0;
  for (const pid of listProcesses()) {
    const status = readProcFile(pid, 'status');
    if (Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]) !== uid) continue;
    count += Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 1);
  }
  return count;
}

/** Whether anybody in the process group still runs; true where there is no /proc to ask. */
export function hasLivingMembers(group: number): boolean {
  if (process.platform !== 'linux') return true;
  for (const pid of listProcesses()) {
    // `pid (name) state ppid pgrp …`, and the name may hold anything.
    const stat = readProcFile(pid, 'stat');
    const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(pgrp) === group && state !== 'Z' && state !== 'X') return true;
  }
  return false;
}

function listProcesses(): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
}

/** Empty for a process that has ended meanwhile, or that is none of our business. */
function readProcFile(pid: number, file: 'environ' | 'stat' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return '';
    throw error;
  }
}
