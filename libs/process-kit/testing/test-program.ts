import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** A program in a process of its own, with its output. */
export interface TestProgram {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Resolves when the program has printed this to stdout. @throws Error with its output when it ended before */
  hasPrinted(text: string): Promise<void>;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** Runs an ES module; `@parley/process-kit` can be imported. */
export function runProgram(source: string, env: Readonly<Record<string, string>> = {}): TestProgram {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: import.meta.dirname,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return {
    child,
    ended,
    async hasPrinted(text) {
      while (!stdout.includes(text)) {
        const hasEnded = await Promise.race([
          once(child.stdout, 'data').then(() => false),
          ended.then(() => true),
        ]);
        if (hasEnded && !stdout.includes(text)) throw new Error(`it ended first: ${stdout}\n${stderr}`);
      }
    },
  };
}
