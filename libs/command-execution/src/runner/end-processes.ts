import { setTimeout as delay } from 'node:timers/promises';
import { countLivingMembers, findMarkedProcesses } from './proc-files.ts';

const FIRST_POLL_MS = 10;
const LAST_POLL_MS = 100;
/** SIGKILL takes effect at once, but for a process that is stuck in the kernel: that one is left behind. */
const AFTER_KILL_MS = 1_000;

/**
 * How long to wait until the parent has reaped the dead: an init that takes its time leaves them in the list of
 * processes. In a container without an init nobody ever does.
 */
const REAP_MS = 2_000;

/**
 * Ends every process of a command with SIGTERM and, after the grace time, with SIGKILL: its process group, and those
 * that left it but carry the command's mark. Resolves when they are gone.
 * @param killGraceMs from SIGTERM to SIGKILL, in milliseconds
 */
export async function endProcesses(group: number, commandId: string, killGraceMs: number): Promise<void> {
  const isGone = (): boolean => !isGroupAlive(group) && findMarkedProcesses(commandId).length === 0;
  const sendAll = (signal: NodeJS.Signals): void => {
    for (const target of [-group, ...findMarkedProcesses(commandId)]) send(target, signal);
  };
  if (isGone()) return;
  sendAll('SIGTERM');
  // A stopped process takes its signal only when it goes on.
  sendAll('SIGCONT');
  if (await becomes(isGone, killGraceMs)) return;
  // Again and again: a process that is killed may have started another one just before.
  await becomes(() => {
    sendAll('SIGKILL');
    return isGone();
  }, AFTER_KILL_MS);
}

/** Waits, not for ever, until no process of the group is to be seen any more, zombies included. */
export async function untilReaped(group: number): Promise<void> {
  await becomes(() => !isAlive(-group), REAP_MS);
}

/** Whether there is a process, or with a negative number a member of that process group. */
export function isAlive(target: number): boolean {
  return send(target, 0);
}

/** Zombies do not count: in a container without an init nobody ever reaps them. */
function isGroupAlive(group: number): boolean {
  return isAlive(-group) && countLivingMembers(group) !== 0;
}

function send(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return false;
    // It is there, and has become somebody else's, e.g. by a setuid program.
    if (code === 'EPERM') return true;
    throw error;
  }
}

async function becomes(isSo: () => boolean, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  for (let ms = FIRST_POLL_MS; !isSo(); ms = Math.min(2 * ms, LAST_POLL_MS)) {
    if (performance.now() >= end) return false;
    await delay(ms);
  }
  return true;
}
