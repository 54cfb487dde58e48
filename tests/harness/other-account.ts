import { execFile } from 'node:child_process';

/** An account that owns nothing. */
const NOBODY = 65_533;

/** Whether tests can run a process of another account. */
export const hasOtherAccount = process.platform === 'linux' && process.geteuid?.() === 0;

/**
 * Runs a script of CommonJS as another account of this machine, and resolves with what it passes to `done`, as JSON. The
 * process becomes that account by itself, since it may not be able to start a Node.js in this account's folders.
 * @throws Error with what it wrote when it fails
 */
export async function asOtherAccount<T>(script: string, args: readonly string[] = []): Promise<T> {
  const become = `process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY});`;
  const done = 'const done = (value) => { process.stdout.write(JSON.stringify(value)); };';
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      ['-e', `${become} ${done} ${script}`, ...args],
      { cwd: '/', env: {}, timeout: 60_000 },
      (error, out, err) => (error === null ? resolve(out) : reject(new Error(`${error.message}\n${err}`))),
    );
  });
  return JSON.parse(stdout) as T;
}
