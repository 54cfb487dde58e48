import { spawn } from 'node:child_process';

/**
 * Reads `watch <group>` and `forget <group>` lines; at the end of its input, which comes however its parent ends,
 * kills the process groups still watched and removes the folders given as arguments.
 */
const script = `
groups=""
while read -r verb group; do
  others=""
  for known in $groups; do [ "$known" = "$group" ] || others="$others $known"; done
  groups="$others"
  [ "$verb" = watch ] && groups="$groups $group"
done
for group in $groups; do kill -KILL "-$group" 2>/dev/null; done
for group in $groups; do
  tries=0
  while kill -0 "-$group" 2>/dev/null && [ $tries -lt 40 ]; do sleep 0.05; tries=$((tries + 1)); done
done
[ $# -eq 0 ] || rm -rf -- "$@" || { sleep 0.5; rm -rf -- "$@"; }
`;

/**
 * @typedef {object} Guardian
 * @property {(group: number) => void} watch kill this process group when we end
 * @property {(group: number) => void} forget the group has ended by itself; its number may be someone else's soon
 * @property {() => Promise<void>} end kill the processes still watched and remove the folders now
 */

/**
 * Makes sure that no daemon and no temporary folder outlives this process, even if it is killed with SIGKILL: a
 * small shell that holds the other end of a pipe does the cleaning as soon as the pipe closes.
 *
 * @param {string[]} folders removed at the end
 * @returns {Guardian}
 */
export function startGuardian(folders) {
  const child = spawn('sh', ['-c', script, 'parley-guardian', ...folders], {
    detached: true, // A Ctrl-C in the terminal reaches the whole process group: the guardian must survive it.
    cwd: '/',
    env: { PATH: `${process.env.PATH ?? ''}:/usr/bin:/bin` }, // Whatever else changes, it must find rm.
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const { stdin } = child;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.unref();
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  /** @type {Promise<void> | undefined} */
  let ended;
  return {
    watch: (group) => void stdin.write(`watch ${group}\n`),
    forget: (group) => void stdin.write(`forget ${group}\n`),
    end() {
      ended ??= (async () => {
        child.ref();
        stdin.end();
        await exited;
      })();
      return ended;
    },
  };
}
