import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { createBoundedOutput, type OutputStreamName } from './bounded-output.ts';
import { endProcesses, untilReaped } from './end-processes.ts';
import { type Launchers, launchWords, type ResourceLimits } from './launcher.ts';
import { startOrphanGuard } from './orphan-guard.ts';
import { countLivingMembers, countProcesses, MARKER } from './proc-files.ts';
import type { SystemUser } from './system-user.ts';

const WATCH_INTERVAL_MS = 100;

/** A program with everything that it runs under. */
export interface ProcessPlan {
  /** Absolute. */
  readonly program: string;
  readonly args: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** The whole of it: nothing is added but the command's mark. */
  readonly env: Readonly<Record<string, string>>;
  readonly user: SystemUser;
  /** 0 to 19. */
  readonly niceness: number;
  readonly limits: ResourceLimits;
  /** Bytes of output, over both streams; further output is dropped. */
  readonly outputLimitBytes: number;
}

export interface RunOptions {
  readonly commandId: string;
  /** Ends it: SIGTERM to all its processes, then SIGKILL. */
  readonly signal: AbortSignal;
  onOutput(stream: OutputStreamName, text: string): void;
  readonly launchers: Launchers;
  /** From SIGTERM to SIGKILL, in milliseconds. @default 3000 */
  readonly killGraceMs?: number;
  /** Should this process die, the command's processes would outlive it. */
  onUnguarded?(error: Error): void;
}

/** How a program ended. */
export interface ProcessEnd {
  /** Not set when it ended by a signal or did not start. */
  readonly exitCode?: number;
  readonly signal?: string;
  /** Set when it did not start, or had too many processes. */
  readonly errorMessage?: string;
  readonly isTruncated: boolean;
  readonly durationMs: number;
}

const DEFAULT_KILL_GRACE_MS = 3_000;
/** How long pipes may stay open after all processes that could be found have ended, in milliseconds. */
const PIPE_GRACE_MS = 500;

/**
 * Runs a program in a process group of its own, with nothing on its stdin, and hands on its output. When it has ended, or
 * is to end, so does everything that it started. Resolves when all that is gone; never rejects because of the program's
 * own failure.
 */
export async function runProcess(plan: ProcessPlan, options: RunOptions): Promise<ProcessEnd> {
  const { commandId, signal } = options;
  const output = createBoundedOutput(plan.outputLimitBytes, options.onOutput);
  const [file, ...args] = launchWords([plan.program, ...plan.args], {
    ...plan,
    ...options,
    uid: plan.user.uid,
  });
  const startedAt = performance.now();
  let endedAt: number | undefined;
  const end = (rest: Omit<ProcessEnd, 'isTruncated' | 'durationMs'>): ProcessEnd => ({
    ...rest,
    isTruncated: output.isTruncated,
    durationMs: (endedAt ?? performance.now()) - startedAt,
  });
  if (signal.aborted) return end({ errorMessage: 'It was stopped before it began.' });

  const subprocess = execa(file, args, {
    cwd: plan.cwd,
    env: { ...plan.env, [MARKER]: commandId },
    extendEnv: false,
    ...identityOf(plan.user),
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    encoding: 'buffer',
    buffer: false,
    reject: false,
    // In a group of its own, which is ended with this process.
    killDescendants: true,
    forceKillAfterDelay: false,
  });
  const { pid, stdout, stderr } = subprocess;
  stdout.on('data', (bytes: Buffer) => output.write('stdout', bytes));
  stderr.on('data', (bytes: Buffer) => output.write('stderr', bytes));
  if (pid === undefined) {
    const failed = await subprocess;
    return end({
      errorMessage: `It could not be started: ${failed.originalMessage ?? 'for an unknown reason'}`,
    });
  }

  const isBound = plan.user.uid !== 0 && options.launchers.prlimit !== undefined;
  const endWatch = isBound ? () => false : watchProcessCount(pid, plan.limits.processes);
  const guard = startOrphanGuard(pid, commandId, (error) => options.onUnguarded?.(error));
  try {
    const exited = once(subprocess.nodeChildProcess, 'exit').then(() => {
      endedAt = performance.now();
    });
    await Promise.race([exited, aborted(signal)]);
    await endProcesses(pid, commandId, options.killGraceMs ?? DEFAULT_KILL_GRACE_MS);
    // The code that stopped it checks that it is gone.
    if (signal.aborted) await untilReaped(pid);
    // A process that could not be found may hold the pipes open.
    const closed = new AbortController();
    const giveUp = delay(PIPE_GRACE_MS, undefined, { signal: closed.signal }).then(
      () => {
        stdout.destroy();
        stderr.destroy();
      },
      () => {},
    );
    const result = await subprocess;
    closed.abort();
    await giveUp;
    output.end();
    return end({
      ...(endWatch() ? { errorMessage: `It had more than ${plan.limits.processes} processes.` } : {}),
      ...(result.exitCode === undefined ? {} : { exitCode: result.exitCode }),
      ...(result.signal === undefined ? {} : { signal: result.signal }),
    });
  } finally {
    endWatch();
    await guard.close();
  }
}

/** The user of this process needs no change. */
function identityOf({ uid, gid }: SystemUser): { uid?: number; gid?: number } {
  return process.getuid?.() === uid ? {} : { uid, gid };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * Kills a process group that has more than `max` members, for a user that the kernel's limit does not bind. Between two
 * looks it may have more.
 * @returns a function that ends the watch, and tells whether it had to kill
 */
function watchProcessCount(group: number, max: number): () => boolean {
  const before = countProcesses();
  if (before === undefined) return () => false;
  let hasKilled = false;
  const timer = setInterval(() => {
    // The cheap look first: a machine that has not gained so many has not gained them here.
    if ((countProcesses() ?? 0) - before < max || (countLivingMembers(group) ?? 0) <= max) return;
    hasKilled = true;
    // At once and not one by one: the kernel lets no member fork in the middle of this.
    process.kill(-group, 'SIGKILL');
  }, WATCH_INTERVAL_MS);
  return () => {
    clearInterval(timer);
    return hasKilled;
  };
}
