import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { MARKER } from './proc-files.ts';

/** Ends the processes of commands when the process that started them is gone, even by SIGKILL. */
export interface OrphanGuard {
  watch(group: number, commandId: string): void;
  forget(group: number, commandId: string): void;
  /** The guard leaves; what it watched is left alone. */
  close(): Promise<void>;
}

/**
 * Keeps a list of the groups, one a line, and kills what is on it when its stdin ends, which the kernel does whatever
 * the agent died of. `quit` is the orderly end.
 */
const SCRIPT = `
trap '' HUP INT TERM
list=''
while read -r verb group mark; do
  case "$verb" in
    watch) list="$list $group:$mark" ;;
    forget)
      kept=''
      for item in $list; do [ "$item" = "$group:$mark" ] || kept="$kept $item"; done
      list="$kept" ;;
    quit) exit 0 ;;
  esac
done
for item in $list; do kill -s KILL -- "-\${item%%:*}" 2>/dev/null; done
for item in $list; do
  for environ in /proc/[0-9]*/environ; do
    if tr '\\0' '\\n' 2>/dev/null <"$environ" | grep -q "^${MARKER}=\${item#*:}$"; then
      pid="\${environ#/proc/}"
      kill -s KILL "\${pid%/environ}" 2>/dev/null
    fi
  done
done
`;

/** A shell of its own session: a Ctrl+C at the terminal or a killed process group does not take it along. */
export function startOrphanGuard(onError: (error: Error) => void): OrphanGuard {
  const guard: ChildProcessByStdio<Writable, null, null> = spawn('/bin/sh', ['-c', SCRIPT], {
    detached: true,
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  let isClosing = false;
  const ended = new Promise<void>((resolve) => {
    guard.once('error', (error) => {
      resolve();
      onError(error);
    });
    guard.once('exit', (code, signal) => {
      resolve();
      if (!isClosing) onError(new Error(`the guard of commands ended by itself (${signal ?? code})`));
    });
  });
  // What is written after its end is reported by `exit`.
  guard.stdin.on('error', () => {});
  // It alone does not keep the process.
  guard.unref();
  const tell = (line: string): void => {
    if (guard.stdin.writable) guard.stdin.write(`${line}\n`);
  };
  return {
    watch: (group, commandId) => tell(`watch ${group} ${commandId}`),
    forget: (group, commandId) => tell(`forget ${group} ${commandId}`),
    async close() {
      isClosing = true;
      tell('quit');
      guard.stdin.end();
      await ended;
    },
  };
}
