import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { MARKER } from './proc-files.ts';

/** Ends the processes of a command when the process that started them is gone, even by SIGKILL. */
export interface OrphanGuard {
  /** The command has ended: the guard leaves. */
  close(): Promise<void>;
}

/**
 * Waits for a line on stdin. When stdin ends instead, because the agent has died (the kernel tells it for any cause of
 * death): kills the process group `$1` and every process that carries the mark `$2`.
 */
const SCRIPT = `
trap '' HUP INT TERM
read -r line
[ "$line" = quit ] && exit 0
kill -s KILL -- "-$1" 2>/dev/null
for environ in /proc/[0-9]*/environ; do
  if tr '\\0' '\\n' 2>/dev/null <"$environ" | grep -q "^$2$"; then
    pid="\${environ#/proc/}"
    kill -s KILL "\${pid%/environ}" 2>/dev/null
  fi
done
`;

/**
 * A shell in a session of its own: a Ctrl+C at the terminal does not take it along.
 * @param onFailure there is no guard, or no longer; the command goes on without it
 */
export function startOrphanGuard(
  group: number,
  commandId: string,
  onFailure: (error: Error) => void,
): OrphanGuard {
  const words = ['-c', SCRIPT, 'parley-guard', String(group), `${MARKER}=${commandId}`];
  const guard: ChildProcessByStdio<Writable, null, null> = spawn('/bin/sh', words, {
    detached: true,
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = Promise.withResolvers<void>();
  let isClosing = false;
  guard.once('error', (error) => {
    ended.resolve();
    onFailure(error);
  });
  guard.once('exit', (code, signal) => {
    ended.resolve();
    if (!isClosing) onFailure(new Error(`The guard of a command ended by itself (${signal ?? code}).`));
  });
  // Its end is reported by `exit`.
  guard.stdin.on('error', () => {});
  return {
    async close() {
      isClosing = true;
      guard.stdin.end('quit\n');
      await ended.promise;
    },
  };
}
