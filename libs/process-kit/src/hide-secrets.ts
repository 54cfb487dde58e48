import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { mayStandInFile } from './load-config.ts';

/** Names the file by which a program hands its secrets to itself. */
const HANDED_OVER = 'PARLEY_HANDED_OVER';
const Secrets = z.record(z.string(), z.string());

/**
 * The environment with its secrets, for `loadConfig`, of a process that runs code of others. Linux shows to every process of the
 * same user the environment that a process was started with (`/proc/<pid>/environ`), also after the process has changed
 * it. So this program begins anew, with the same process id and without the secrets, which it finds in a private file and
 * deletes before it does anything else. The parent process's environment is not hidden by that.
 */
export function environmentOutOfSight(schema: z.ZodObject): NodeJS.ProcessEnv {
  const file = process.env[HANDED_OVER];
  if (file !== undefined) {
    delete process.env[HANDED_OVER];
    const secrets = Secrets.parse(JSON.parse(readFileSync(file, 'utf8')));
    rmSync(path.dirname(file), { recursive: true });
    return { ...process.env, ...secrets };
  }
  const names = Object.keys(schema.shape).filter((name) => mayStandInFile(name) && process.env[name]);
  if (names.length === 0 || process.platform !== 'linux' || process.execve === undefined) return process.env;
  const secrets = Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']));
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const name of names) delete env[name];
  env[HANDED_OVER] = path.join(mkdtempSync(path.join(tmpdir(), 'parley-')), 'secrets.json');
  writeFileSync(env[HANDED_OVER], JSON.stringify(secrets), { mode: 0o600 });
  const { execPath, execArgv, argv } = process;
  return process.execve(execPath, [execPath, ...execArgv, ...argv.slice(1)], env);
}
