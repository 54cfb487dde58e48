import { flushCompileCache } from 'node:module';
import { ConfigError } from './load-config.ts';
import type { Logger } from './logger.ts';
import { redactUrls } from './redact-urls.ts';

/** A started process of any kind. */
export interface RunningProcess {
  /** Takes no more work and finishes the work in hand within `timeoutMs`; unfinished work goes back to the queue. */
  drain(timeoutMs: number): Promise<void>;
  /** Closes everything that is open. Idempotent. */
  stop(): Promise<void>;
  /**
   * Settles when the process must end by itself: resolved when it was asked to, rejected with the reason, e.g. when it
   * was fenced off. It is to be drained and stopped then.
   */
  readonly ended?: Promise<void>;
}

export interface RunOptions {
  readonly logger: Logger;
  /** Given to `drain`, in milliseconds. */
  readonly drainTimeoutMs: number;
  /** Time for stopping beyond that, in milliseconds, after which the process ends by force. @default 5000 */
  readonly stopGraceMs?: number;
}

/**
 * npm and nx forward a Ctrl+C to their children, to which the terminal has sent it already: a signal within this time
 * after the first, in milliseconds, is the same one.
 */
const SAME_SIGNAL_MS = 300;

/**
 * Runs until SIGTERM or SIGINT, then drains, stops and exits with 0; a second signal exits at once with 1, and so
 * does a drain or stop that hangs. Everything that ends the process passes here, so that nothing is cut off in the
 * middle.
 */
export function runUntilSignal(running: RunningProcess, options: RunOptions): void {
  const { logger, drainTimeoutMs, stopGraceMs = 5000 } = options;
  let stoppingSince: number | undefined;

  const end = async (reason: number): Promise<never> => {
    stoppingSince = performance.now();
    setTimeout(() => {
      logger.error('stopping takes too long: leaving at once');
      process.exit(1);
    }, drainTimeoutMs + stopGraceMs);
    let code = reason;
    for (const step of [() => running.drain(drainTimeoutMs), () => running.stop()]) {
      try {
        await step();
      } catch (err) {
        logger.error({ err }, 'could not stop cleanly');
        code = 1;
      }
    }
    process.exit(code);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince < SAME_SIGNAL_MS) return;
      logger.warn('second signal: leaving at once');
      process.exit(1);
    }
    logger.info(`${signal}: finishing the work in hand`);
    void end(0);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  running.ended?.then(
    () => {
      if (stoppingSince === undefined) void end(0);
    },
    (error: unknown) => {
      if (stoppingSince !== undefined) return;
      logger.fatal(error instanceof Error ? error.message : String(error));
      void end(1);
    },
  );
}

/**
 * The outermost function of a `main.ts`: a wrong setting or a taken port is one clear line and exit code 1,
 * anything else its stack.
 */
export async function main(start: () => Promise<void>): Promise<void> {
  process.on('unhandledRejection', (reason) => {
    throw reason;
  });
  try {
    await start();
    // Where NODE_COMPILE_CACHE is set; else Node.js would write it at the end, which a killed process does not have.
    flushCompileCache();
  } catch (error) {
    process.stderr.write(`${redactUrls(explain(error))}\n`);
    process.exitCode = 1;
    // A half-started process may hold sockets that keep it alive.
    process.exit();
  }
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (code === 'EADDRINUSE') {
    const where = port === undefined ? error.message : `${address ?? ''}:${port}`;
    return `Port taken: ${where} is in use by another process. Stop that one, or set PORT (or GRPC_PORT) to another.`;
  }
  if (code === 'EACCES' && port !== undefined) return `Not allowed to listen on ${address ?? ''}:${port}.`;
  if (code === 'EADDRNOTAVAIL') return `HOST ${address ?? ''} is no address of this machine.`;
  return error.stack ?? error.message;
}
