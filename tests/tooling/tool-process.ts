import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

export interface ToolRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function runTool(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<ToolRun> {
  const child = spawn(process.execPath, args, { cwd: options.cwd ?? root, env: { ...options.env } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, stdout, stderr };
}

export interface Owner {
  /** The addresses of what it owns. */
  readonly env: Readonly<Record<string, string>>;
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
}

/**
 * A process that provisions something by one of tools/provision's functions and then waits for ever.
 *
 * @throws when it ends before it has what it wants
 */
export function startOwner(
  module: string,
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Owner> {
  const script = `
    const { ${name} } = await import(${JSON.stringify(path.join(root, 'tools/provision', module))});
    const { env } = await ${name}();
    console.log(JSON.stringify(env));
    setInterval(() => undefined, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { env });
  const exited = new Promise((resolve) => child.once('close', resolve));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.stdout.once('data', (text: Buffer) => resolve({ env: JSON.parse(text.toString()), child, exited }));
    child.once('error', reject);
    child.once('close', () => reject(new Error(errors)));
  });
}

/** Resolves when it is so. The test's own time limit is the limit. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 25));
}
