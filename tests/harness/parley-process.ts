import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

const root = path.resolve(import.meta.dirname, '../..');

/** A line of a process's log, as pino writes it. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** One real process of Parley, under test. */
export interface ParleyProcess {
  readonly name: string;
  readonly pid: number;
  readonly isRunning: boolean;
  readonly log: readonly LogLine[];
  /** Everything it wrote that was no log line. */
  readonly output: string;
  /** Resolves with the first log line, past or future, that fits; rejects when the process ends before. */
  logged(fits: (line: LogLine) => boolean): Promise<LogLine>;
  signal(signal: NodeJS.Signals): void;
  /** Kills it at once, as a crash would, and waits for its end. */
  kill(): Promise<void>;
  /** Asks it to end and resolves with its exit code. */
  terminate(): Promise<number | null>;
  /** Resolves when it has ended. */
  readonly exited: Promise<number | null>;
}

/**
 * Starts a process with just these settings.
 * @param entry its main file. @default `apps/<app>/src/main.ts`
 */
export function startProcess(
  app: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  entry: string = path.join(root, `apps/${app}/src/main.ts`),
): ParleyProcess {
  const own = {
    NODE_NO_WARNINGS: '1',
    ...inherited('NODE_COMPILE_CACHE'),
    // Another build of the web app than the one beside its source, when the tests are told of one.
    ...inherited('WEB_DIST'),
  };
  return startProgram(app, [process.execPath, entry, ...args], { ...own, ...env });
}

/** Starts any program that is part of what is tested, with just these settings. */
export function startProgram(
  app: string,
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): ParleyProcess {
  const child: ChildProcess = spawn(program, args, {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: LogLine[] = [];
  let output = '';
  const waiting = new Set<(line: LogLine) => void>();
  const take = (text: string): void => {
    const line = parseLine(text);
    if (line === undefined) {
      output += `${text}\n`;
      return;
    }
    log.push(line);
    for (const waiter of [...waiting]) waiter(line);
  };
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', take);
  }
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });

  return {
    name: app,
    pid: child.pid ?? -1,
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    log,
    get output() {
      return output;
    },
    exited,
    logged(fits) {
      const past = log.find(fits);
      if (past !== undefined) return Promise.resolve(past);
      return new Promise((resolve, reject) => {
        const onLine = (line: LogLine): void => {
          if (!fits(line)) return;
          waiting.delete(onLine);
          resolve(line);
        };
        waiting.add(onLine);
        exited.then((code) => {
          if (!waiting.delete(onLine)) return;
          reject(
            new Error(
              `${app} ended with ${code}:\n${output}${log.map((line) => JSON.stringify(line)).join('\n')}`,
            ),
          );
        }, reject);
      });
    },
    signal: (signal) => {
      child.kill(signal);
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async terminate() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      return exited;
    },
  };
}

function parseLine(text: string): LogLine | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(text) as Partial<LogLine>;
    // A field that is named twice is read differently by every tool.
    if (JSON.stringify(value).length !== text.length) return undefined;
    return typeof value.msg === 'string' && typeof value.level === 'string' ? (value as LogLine) : undefined;
  } catch {
    // No log line: it is kept as plain output.
    return undefined;
  }
}

/** A setting that the tests themselves were given. */
function inherited(name: string): Record<string, string> {
  const value = process.env[name];
  return value === undefined ? {} : { [name]: value };
}
