import { countLivingMembers, countProcesses } from './proc-files.ts';

const INTERVAL_MS = 100;

/**
 * Kills a process group that has more than `max` members, for a user whom the kernel's limit does not bind. Between two
 * looks it may have more.
 * @returns what ends the watch, and says whether it had to kill
 */
export function watchProcessCount(group: number, max: number): () => boolean {
  const before = countProcesses();
  if (before === undefined) return () => false;
  let hasKilled = false;
  const timer = setInterval(() => {
    // The cheap look first: a machine that has not gained so many has not gained them here.
    if ((countProcesses() ?? 0) - before < max || (countLivingMembers(group) ?? 0) <= max) return;
    hasKilled = true;
    // At once and not one by one: the kernel lets no member fork in the middle of this.
    process.kill(-group, 'SIGKILL');
  }, INTERVAL_MS);
  return () => {
    clearInterval(timer);
    return hasKilled;
  };
}
