import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

const BIN = path.resolve(import.meta.dirname, '../../apps/cli/bin/parley.mjs');

/** A run of the `parley` command as a shell would start it, away from a terminal. */
export interface CliRun {
  readonly child: ChildProcess;
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when this text has come out, on either stream. */
  wrote(text: string): Promise<void>;
  type(text: string): void;
  /** Resolves with the exit code when it has ended. */
  readonly exited: Promise<number | null>;
}

export function startCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): CliRun {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const out = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      out[name] += text;
      for (const look of [...waiting]) look();
    });
  }
  // It may have ended before it read everything.
  child.stdin.on('error', () => child.stdin.destroy());
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
  return {
    child,
    get stdout() {
      return out.stdout;
    },
    get stderr() {
      return out.stderr;
    },
    wrote: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!`${out.stdout}${out.stderr}`.includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        exited.then((code) => {
          if (!waiting.delete(look)) return;
          reject(new Error(`ended with ${code} before "${text}":\n${out.stdout}\n${out.stderr}`));
        }, reject);
      }),
    type: (text) => child.stdin.write(text),
    exited,
  };
}

export interface CliOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it to its end. @param input piped in; undefined closes stdin at once */
export async function runCli(
  args: readonly string[],
  { env, input = '' }: { env?: Readonly<Record<string, string>>; input?: string } = {},
): Promise<CliOutcome> {
  const run = startCli(args, env);
  run.child.stdin?.end(input);
  const code = await run.exited;
  return { code, stdout: run.stdout, stderr: run.stderr };
}
