import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { execa } from 'execa';
import { cleanEnvironment } from '../src/policy/load-policy.ts';
import { findLaunchers, type Launchers } from '../src/runner/launcher.ts';
import { type ProcessEnd, type ProcessPlan, runProcess } from '../src/runner/run-process.ts';
import { currentUser } from '../src/runner/system-user.ts';

export const MiB = 1024 * 1024;
export const isRoot = process.getuid?.() === 0;
export const isLinux = process.platform === 'linux';

/** A shell script that `runProcess` runs. */
export interface Running {
  readonly ended: Promise<ProcessEnd>;
  /** Everything so far, by stream. */
  readonly printed: { stdout: string; stderr: string };
  readonly pieces: string[];
  /** Resolves with the pattern's match in stdout. */
  sees(pattern: RegExp): Promise<string>;
  stop(): void;
}

export interface ProcessFixture {
  readonly launchers: Launchers;
  /** Empty, of its own for each test. */
  readonly folder: string;
  start(script: string, plan?: Partial<ProcessPlan>, killGraceMs?: number): Running;
}

/** Runs scripts with this machine's launchers. Call at the top of a file. */
export function processFixture(): ProcessFixture {
  let launchers: Launchers = { nice: undefined, prlimit: undefined, setpriv: undefined };
  let folder = '';
  beforeAll(async () => {
    launchers = await findLaunchers();
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'parley-run-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  return {
    get launchers() {
      return launchers;
    },
    get folder() {
      return folder;
    },
    start: (script, plan = {}, killGraceMs = 3_000) => startScript(script, plan, killGraceMs, launchers),
  };
}

function startScript(
  script: string,
  plan: Partial<ProcessPlan>,
  killGraceMs: number,
  launchers: Launchers,
): Running {
  const abort = new AbortController();
  const printed = { stdout: '', stderr: '' };
  const pieces: string[] = [];
  const news = new EventTarget();
  const user = plan.user ?? currentUser();
  const ended = runProcess(
    {
      program: '/bin/sh',
      args: ['-c', script],
      cwd: '/tmp',
      env: cleanEnvironment(['/usr/bin', '/bin'], user, {}),
      user,
      niceness: 0,
      limits: { processes: 64, memoryBytes: 256 * MiB, openFiles: 256 },
      outputLimitBytes: MiB,
      ...plan,
    },
    {
      commandId: newId(),
      signal: abort.signal,
      launchers,
      killGraceMs,
      onOutput(stream, text) {
        printed[stream] += text;
        pieces.push(text);
        news.dispatchEvent(new Event('output'));
      },
    },
  );
  return {
    ended,
    printed,
    pieces,
    async sees(pattern) {
      for (;;) {
        const found = pattern.exec(printed.stdout);
        if (found !== null) return found[1] ?? found[0];
        await once(news, 'output');
      }
    },
    stop: () => abort.abort(),
  };
}

/** Asks the machine, not the code under test. */
export async function isRunning(pid: string | number): Promise<boolean> {
  const { stdout } = await execa('ps', ['-o', 'stat=', '-p', String(pid)], { reject: false });
  return stdout !== '' && !stdout.startsWith('Z');
}
